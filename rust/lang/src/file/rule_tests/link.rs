//! Reads the links of a test's spans, and finds the spans that they lead to.

use crate::codes::files as codes;
use crate::file::known_keys::Fields;
use crate::file::read::Reader;
use crate::file::rule_tests::attribute::read_attributes;
use crate::file::rule_tests::model::{TestLink, TestSpan};
use crate::file::said::shown;
use crate::file::yaml::YamlNode;

/// Keys of a span's link.
pub(crate) const LINK_KEYS: &[&str] = &["to", "attributes"];

/// A link that says where it leads, which can be told only once all spans are read.
pub(super) struct Lead<'t> {
    /// Whose link it is.
    pub span: usize,
    link: usize,
    to: YamlNode<'t>,
}

impl<'t> Lead<'t> {
    /// The same of a copy of its span.
    pub fn of(&self, span: usize) -> Lead<'t> {
        Lead {
            span,
            link: self.link,
            to: self.to.clone(),
        }
    }
}

/// Reads the links of the span that will stand at `index`.
pub(super) fn read_links<'t>(
    reader: &mut Reader<'_>,
    fields: &Fields<'_, 't>,
    index: usize,
    span: &mut TestSpan,
) -> Vec<Lead<'t>> {
    let mut leads = Vec::new();
    let Some(node) = fields.value("links") else {
        return leads;
    };
    for item in reader.items(node, "`links`") {
        let Some(fields) = reader.fields(item, "a link", LINK_KEYS) else {
            continue;
        };
        if let Some(to) = fields.value("to") {
            leads.push(Lead {
                span: index,
                link: span.links.len(),
                to: to.clone(),
            });
        }
        let attributes = fields
            .value("attributes")
            .map(|node| read_attributes(reader, node));
        span.links.push(TestLink {
            to: None,
            attributes: attributes.unwrap_or_default(),
        });
    }
    leads
}

/// Finds the spans that links lead to: by its id, or else its name the first.
pub(super) fn follow(reader: &mut Reader<'_>, leads: &[Lead<'_>], spans: &mut [TestSpan]) {
    for lead in leads {
        let Some(written) = reader.string(&lead.to, "`to`") else {
            continue;
        };
        let labelled = |span: &TestSpan| span.label.as_deref() == Some(written.as_str());
        let named = |span: &TestSpan| span.name == written;
        let to = spans.iter().position(labelled);
        let to = to.or_else(|| spans.iter().position(named));
        if to.is_none() {
            let range = reader.span(&lead.to);
            let message = format!("no span of this trace is called `{}`", shown(&written));
            reader.report(codes::TEST_LINK, range, message).help =
                Some("a link without `to` leads to another trace".to_owned());
        }
        spans[lead.span].links[lead.link].to = to;
    }
}
