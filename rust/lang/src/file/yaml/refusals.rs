//! What is refused of the YAML of a file, in words.

use std::ops::Range;

use crate::codes::files as codes;
use crate::file::yaml::hint::{hint, indenting_tab};
use crate::file::yaml::resume::Failure;
use crate::file::yaml::tree::YamlFault;
use crate::limits::Limits;

/// A text that is no YAML from some place on.
pub(super) fn no_yaml(text: &str, failure: Failure) -> YamlFault {
    let Failure { at, info, .. } = failure;
    // The parser points at the token before a tab, people look for the tab.
    let at = match info.contains("tab") {
        true => indenting_tab(text, at).unwrap_or(at),
        false => at,
    };
    let rest = &text[at..];
    let end = rest
        .chars()
        .next()
        .filter(|&c| c != '\n' && c != '\r')
        .map_or(at, |c| at + c.len_utf8());
    YamlFault {
        code: codes::YAML_SYNTAX,
        range: at..end,
        message: format!("this is not valid YAML: {info}"),
        help: Some(hint(&info, text, at).to_owned()),
    }
}

/// More values than are read, from `begin` on.
pub(super) fn too_many_nodes(begin: usize, limits: &Limits) -> YamlFault {
    YamlFault {
        code: codes::TOO_MANY_NODES,
        range: begin..begin,
        message: format!(
            "this file has more than {} values; the rest is not read",
            limits.yaml_nodes
        ),
        help: Some("split it into several files".to_owned()),
    }
}

/// More faults than are told, from `begin` on.
pub(super) fn too_many_faults(begin: usize) -> YamlFault {
    YamlFault {
        code: codes::TOO_MANY_FAULTS,
        range: begin..begin,
        message: "the rest of this file is not read".to_owned(),
        help: None,
    }
}

pub(super) fn too_deep(range: Range<usize>, limits: &Limits) -> YamlFault {
    YamlFault {
        code: codes::YAML_TOO_DEEP,
        range: range.start..range.start + usize::from(range.end > range.start),
        message: format!(
            "more than {} YAML collections inside each other",
            limits.yaml_depth
        ),
        help: None,
    }
}

pub(super) fn alias_inside_itself(range: Range<usize>) -> YamlFault {
    YamlFault {
        code: codes::YAML_ALIAS,
        range,
        message: "this alias stands inside what it names".to_owned(),
        help: Some("an alias repeats a finished value; it cannot contain itself".to_owned()),
    }
}

pub(super) fn too_many_aliases(range: Range<usize>, limits: &Limits) -> YamlFault {
    YamlFault {
        code: codes::YAML_ALIAS,
        range,
        message: format!(
            "the aliases of this document stand for more than {} YAML nodes",
            limits.yaml_alias_nodes
        ),
        help: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_stands_at_one_sign_and_not_at_the_end_of_a_line() {
        let text = "a: é\r\nb: c\n";
        let at = |at| {
            let info = "some fault".to_owned();
            let list = None;
            no_yaml(text, Failure { at, info, list }).range
        };
        let line = text.find('\r').unwrap();
        assert_eq!(at(3), 3..3 + 'é'.len_utf8());
        assert_eq!([at(line), at(line + 1)], [line..line, line + 1..line + 1]);
        assert_eq!(at(text.len()), text.len()..text.len());
    }

    #[test]
    fn what_is_too_deep_is_told_where_it_begins() {
        let limits = Limits::default();
        assert_eq!(too_deep(7..20, &limits).range, 7..8);
        assert_eq!(too_deep(7..7, &limits).range, 7..7);
    }
}
