//! How large a rule may be. Every figure bounds the time and memory that a rule file, however
//! written, can take; each is tested at its value and one above it.

/// Limits of the language and of rule files. Sizes are inclusive: a thing of exactly this size is fine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of one rule file.
    pub file_bytes: usize,
    /// YAML collections inside each other, aliases followed.
    pub yaml_depth: usize,
    /// YAML nodes of one rule file; a rule has about twenty.
    pub yaml_nodes: usize,
    /// YAML nodes that aliases (`*name`) stand for, in one document.
    pub yaml_alias_nodes: usize,
    /// Rules of one set, over all its files.
    pub rules: usize,
    /// Bytes that the enabled rules of a set hold once they are in use, regular expressions as compiled.
    pub rules_bytes: usize,
    /// Bytes of one condition, exception, macro or message.
    pub rule_bytes: usize,
    /// Parentheses, negations and braces inside each other.
    pub nesting: usize,
    /// Bytes of a name: a rule's id, a span name, a key, a binding, a macro.
    pub name_bytes: usize,
    /// Literals in one list, values in one table of a field.
    pub list_literals: usize,
    /// Attributes under which one field of a rule file goes.
    pub field_attributes: usize,
    /// Files that one rule file uses.
    pub used_files: usize,
    /// Files that use each other in a row: what a used file uses itself counts as the second.
    pub used_in_a_row: usize,
    /// Bytes that one compiled regular expression may take.
    pub regex_bytes: usize,
    /// Syntax nodes of one condition after its macros are expanded.
    pub macro_nodes: usize,
    /// Spans bound by one `when each`.
    pub bindings: usize,
    /// Exceptions of one rule.
    pub exceptions: usize,
    /// Spans in the trace of one test.
    pub test_spans: usize,
    /// Traces of one test that has several, and the spans of all of them.
    pub test_traces: usize,
    /// Diagnostics that one load reports; beyond it they are only counted.
    pub diagnostics: usize,
    /// The shortest and the longest window of a rule over many traces, in nanoseconds.
    pub shortest_window: u64,
    pub longest_window: u64,
    /// The longest deadline that a trace is kept open for, in nanoseconds: `max_age` less `idle_timeout`. Nothing
    /// is refused for a longer one, but warned of.
    pub longest_deadline: u64,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            file_bytes: 50 << 20,
            yaml_depth: 128,
            yaml_nodes: 4_000_000,
            yaml_alias_nodes: 100_000,
            rules: 100_000,
            rules_bytes: 128 << 20,
            rule_bytes: 64 << 10,
            nesting: 64,
            name_bytes: 256,
            list_literals: 10_000,
            field_attributes: 32,
            used_files: 64,
            used_in_a_row: 8,
            regex_bytes: 1 << 20,
            macro_nodes: 10_000,
            bindings: 3,
            exceptions: 64,
            test_spans: 1_000,
            test_traces: 20_000,
            diagnostics: 100_000,
            shortest_window: 1_000_000_000,
            longest_window: 31 * 86_400_000_000_000,
            // With the processor's defaults: 5 min less 10 s.
            longest_deadline: 290_000_000_000,
        }
    }
}
