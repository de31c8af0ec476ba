//! What counts as a number in JSON, and in the JSON that is written in practice.

/// JSON's number grammar, and the three words for what it cannot say.
#[must_use]
pub fn is_number(text: &[u8]) -> bool {
    if matches!(text, b"NaN" | b"Infinity" | b"-Infinity") {
        return true;
    }
    let digits = |from: usize| {
        from + text[from..]
            .iter()
            .take_while(|b| b.is_ascii_digit())
            .count()
    };
    let start = usize::from(text.first() == Some(&b'-'));
    let mut at = digits(start);
    if at == start || (text[start] == b'0' && at > start + 1) {
        return false;
    }
    if text.get(at) == Some(&b'.') {
        let end = digits(at + 1);
        if end == at + 1 {
            return false;
        }
        at = end;
    }
    if matches!(text.get(at), Some(b'e' | b'E')) {
        let sign = usize::from(matches!(text.get(at + 1), Some(b'+' | b'-')));
        let from = at + 1 + sign;
        if from > text.len() {
            return false;
        }
        let end = digits(from);
        if end == from {
            return false;
        }
        at = end;
    }
    at == text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_grammar_and_three_words() {
        for good in [
            "0",
            "-0",
            "10",
            "1.5",
            "1e9",
            "1E+9",
            "-2.5e-3",
            "NaN",
            "Infinity",
            "-Infinity",
        ] {
            assert!(is_number(good.as_bytes()), "{good}");
        }
        for bad in [
            "", "-", "01", "+1", "1.", ".5", "1e", "1e+", "0x1", "1_0", "-NaN", "inf", "1 ",
        ] {
            assert!(!is_number(bad.as_bytes()), "{bad}");
        }
    }
}
