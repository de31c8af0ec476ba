//! Where a JSON value ends, found window by window: brackets and quotes are counted, nothing is read.

/// A walk over one value.
#[derive(Default)]
pub struct Walk {
    depth: usize,
    in_text: bool,
    has_begun: bool,
}

/// How far a window carried the walk.
#[derive(Default)]
pub struct Step {
    pub taken: usize,
    pub newlines: u64,
    /// Behind the last newline, counted from the window's begin.
    pub last_newline: usize,
    pub is_done: bool,
}

impl Walk {
    #[must_use]
    pub fn is_in_text(&self) -> bool {
        self.in_text
    }

    /// Walks on over a window, to its end or to the value's.
    pub fn over(&mut self, window: &[u8]) -> Step {
        let mut step = Step::default();
        while let Some(&byte) = window.get(step.taken) {
            if self.in_text {
                match byte {
                    b'\\' if step.taken + 1 == window.len() => break,
                    b'\\' => step.taken += 1,
                    b'"' => {
                        self.in_text = false;
                        step.is_done = self.depth == 0;
                    }
                    _ => {}
                }
            } else {
                match byte {
                    b'"' => self.in_text = true,
                    b'{' | b'[' => self.depth += 1,
                    b'}' | b']' if self.depth > 0 => {
                        self.depth -= 1;
                        step.is_done = self.depth == 0;
                    }
                    b',' | b'}' | b']' | b':' | b' ' | b'\t' | b'\r' | b'\n' if self.depth == 0 => {
                        step.is_done |= self.has_begun;
                        break;
                    }
                    _ => {}
                }
                self.has_begun = true;
            }
            if window[step.taken] == b'\n' {
                step.newlines += 1;
                step.last_newline = step.taken + 1;
            }
            step.taken += 1;
            if step.is_done {
                break;
            }
        }
        step
    }
}
