//! Names that read as something of another span, of the trace or of the span itself, and are not: `parent.x`, `root.x`, `trace.x`,
//! `resource.id`.

use crate::codes::conditions as code;
use crate::condition::ast::Node;
use crate::condition::check::checker::Checker;
use crate::condition::check::field::like_intrinsic;
use crate::rule::{Intrinsic, Scope};
use crate::words::Word;

const SELECTED: &str = "a group and a measure read the selected spans alone";
const OF_TRACE: &str = "of the trace there are `trace:duration trace:spanCount trace:rootName trace:rootService trace:id`; a value that every span has stands on one of them";

impl Checker<'_> {
    /// `parent.x`, `root.x`, `trace.x`: attributes of this span, though they read as another's.
    pub(super) fn warn_other_span(&mut self, node: &Node, first: &str, rest: &str) {
        if !matches!(first, "parent" | "root" | "trace") {
            return;
        }
        let field = like_intrinsic(Scope::SpanThenResource, rest).unwrap_or(rest);
        let help = match (first, self.rest_of_comparison(node)) {
            ("parent", Some(value)) => {
                format!("of the parent: `S child of any.where({field}{value})`")
            }
            ("parent", None) => format!("{SELECTED}; `by parent` groups by the parent itself"),
            ("root", Some(value)) => {
                format!("of the root, outside of this `where`: `root.where({field}{value})`")
            }
            ("root", None) => {
                format!("{SELECTED}; the root is bound: `when each {{ root as r }} …`")
            }
            _ => OF_TRACE.to_owned(),
        };
        let name = format!("trace:{rest}");
        let meant = Intrinsic::named(&name).filter(|_| first == "trace");
        let message = format!(
            "this is the filtered span's own attribute `{first}.{rest}`, not the {first}'s"
        );
        let fault = self.fault(code::OTHER_SPAN, node.range(), message);
        fault.help = Some(format!(
            "{help}; put the attribute in quotes if it is meant"
        ));
        fault.suggestion = meant.map(|meant| meant.as_str().to_owned());
    }

    /// `resource.id`: the attribute `id` of the resource, though spans have attributes of that whole name.
    pub(super) fn warn_of_resource(&mut self, node: &Node, scope: Scope, key: &str) {
        const NAMES: [&str; 9] = [
            "id", "ids", "name", "type", "kind", "path", "uri", "arn", "owner",
        ];
        if scope != Scope::Resource || !NAMES.contains(&key) {
            return;
        }
        let quoted = format!("\"resource.{key}\"");
        let message = format!(
            "this is the attribute `{key}` of what emits the span, such as its service; not `resource.{key}` of the span"
        );
        let fault = self.fault(code::OF_RESOURCE, node.range(), message);
        fault.help = Some(format!(
            "the span's: `{quoted}`; if the resource's is meant: `resource.\"{key}\"`"
        ));
        fault.suggestion = Some(quoted);
    }

    /// What stands behind a field up to the end of its comparison, as far as one line tells; `None` where it is not compared, but
    /// makes groups or is measured.
    fn rest_of_comparison(&self, node: &Node) -> Option<String> {
        let before = self.place.text[..node.start].trim_end();
        let word = before.rsplit(|c: char| !c.is_alphanumeric()).next();
        if before.ends_with(',') || word == Some("by") {
            return None;
        }
        let behind = &self.place.text[node.end..];
        let mut depth = 0usize;
        let end = behind.char_indices().find(|(at, sign)| {
            match sign {
                '(' | '[' => depth += 1,
                ')' | ']' if depth == 0 => return true,
                ')' | ']' => depth -= 1,
                _ => {}
            }
            let rest = &behind[*at..];
            depth == 0
                && [" and ", " or ", "\n"]
                    .iter()
                    .any(|end| rest.starts_with(end))
        });
        Some(behind[..end.map_or(behind.len(), |(at, _)| at)].to_owned())
    }

    /// `timeout > parent.timeout`: a field of another span, which is bound to be compared with.
    pub(super) fn refuse_other_span(&mut self, node: &Node, word: &str) -> bool {
        let (first, rest) = word.split_once('.').unwrap_or((word, ""));
        let (whose, help) = match first {
            "root" => (
                "the root",
                format!(
                    "bind it: `when each {{ root as r }} never {{ any.where(x != r.{rest}) }}`"
                ),
            ),
            "parent" => (
                "the parent",
                format!(
                    "bind it: `when each {{ any as p }} never {{ any.where(x > p.{rest}) child of p }}`"
                ),
            ),
            "trace" => (
                "the trace",
                format!(
                    "a trace has no attributes; a value of its root: `when each {{ root as r }} never {{ any.where(x != r.{rest}) }}`"
                ),
            ),
            _ => return false,
        };
        let message =
            format!("`{word}` is no field of {whose}: a name that is bound stands before one");
        self.fault(code::DOTTED_WORD, node.range(), message).help = Some(format!(
            "{help}; a text: `\"{word}\"`; a field of the same span: `span.{word}`"
        ));
        true
    }
}
