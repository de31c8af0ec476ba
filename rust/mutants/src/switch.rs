//! Writes mutants into a source, each behind a switch that is off until the environment names it: one build holds them
//! all. What is mutated is duplicated in the switch's branch as it was, so that mutants inside each other do not mix.
//!
//! Around each branch stand `/*m17*/` and `/*e17*/`, by which an error of the compiler finds the mutant it is about.

use std::collections::BTreeMap;
use std::ops::Range;

use proc_macro2::Span;
use syn::spanned::Spanned;
use syn::visit::{self, Visit};

use crate::list::{Mutant, Place};

/// What a source became.
pub struct Switched {
    pub text: String,
    /// The mutants that have no switch, with the reason.
    pub without: Vec<(usize, &'static str)>,
}

/// How a site's branches are written.
enum Form {
    /// `(if on(n) { changed } else { as it was })`
    Expression,
    /// Before the first statement of a function.
    Prologue,
    /// A guard behind a pattern, which has none.
    NewGuard,
    /// The guard of an arm: the arm is not there.
    Guard,
}

/// A place in a source where there are mutants.
struct Site {
    range: Range<usize>,
    form: Form,
    /// By number, and what stands there then.
    branches: Vec<(usize, String)>,
}

/// # Errors
/// If the source does not parse.
pub fn switch(source: &str, mutants: &[(usize, &Mutant)]) -> Result<Switched, String> {
    let file = syn::parse_file(source).map_err(|fault| fault.to_string())?;
    let mut wanted: BTreeMap<(&str, Place), Vec<(usize, &str)>> = BTreeMap::new();
    for (number, mutant) in mutants {
        let at = wanted.entry((&mutant.genre, mutant.span.start));
        at.or_default().push((*number, &mutant.replacement));
    }
    let mut finder = Finder {
        source,
        wanted,
        sites: Vec::new(),
        without: Vec::new(),
        is_constant: false,
    };
    finder.visit_file(&file);
    let Finder {
        wanted,
        mut sites,
        mut without,
        ..
    } = finder;
    let unknown = wanted.into_values().flatten();
    without.extend(unknown.map(|(number, _)| (number, "no switch is known for such a place")));
    // Of sites that begin alike the outer one first.
    sites.sort_by_key(|site| (site.range.start, std::cmp::Reverse(site.range.end)));
    let mut text = String::with_capacity(source.len() * 2);
    write(
        source,
        0..source.len(),
        &mut sites.into_iter().peekable(),
        &mut text,
    );
    Ok(Switched { text, without })
}

type Sites = std::iter::Peekable<std::vec::IntoIter<Site>>;

fn write(source: &str, range: Range<usize>, sites: &mut Sites, text: &mut String) {
    let mut at = range.start;
    while let Some(site) = sites.next_if(|site| site.range.end <= range.end) {
        text.push_str(&source[at..site.range.start]);
        at = site.range.end;
        let ons: Vec<String> = site
            .branches
            .iter()
            .map(|(number, _)| on(*number))
            .collect();
        match site.form {
            Form::Prologue => {
                for (number, value) in &site.branches {
                    let branch = marked(*number, &format!("return {value};"));
                    text.push_str(&format!(" if {} {{ {branch} }} ", on(*number)));
                }
            }
            Form::NewGuard => {
                let branch = marked(site.branches[0].0, &format!("!{}", ons[0]));
                text.push_str(&format!(" if {branch}"));
            }
            Form::Guard => {
                let branch = marked(site.branches[0].0, &format!("!{}", ons[0]));
                text.push_str(&format!("{branch} && ("));
                write(source, site.range, sites, text);
                text.push(')');
            }
            Form::Expression => {
                text.push('(');
                for (number, changed) in &site.branches {
                    let branch = marked(*number, changed);
                    text.push_str(&format!("if {} {{ {branch} }} else ", on(*number)));
                }
                text.push_str("{ ");
                write(source, site.range, sites, text);
                text.push_str(" })");
            }
        }
    }
    text.push_str(&source[at..range.end]);
}

fn on(number: usize) -> String {
    format!("crate::switches::on({number})")
}

fn marked(number: usize, text: &str) -> String {
    format!("/*m{number}*/{text}/*e{number}*/")
}

/// Finds the places of the mutants that are wanted.
struct Finder<'s> {
    source: &'s str,
    wanted: BTreeMap<(&'s str, Place), Vec<(usize, &'s str)>>,
    sites: Vec<Site>,
    without: Vec<(usize, &'static str)>,
    /// Worked out by the compiler, where no switch can be asked.
    is_constant: bool,
}

impl<'s> Finder<'s> {
    /// Takes the mutants of that kind that begin there.
    fn take(&mut self, genre: &'static str, at: Span) -> Vec<(usize, &'s str)> {
        let start = at.start();
        let place = Place {
            line: start.line,
            column: start.column + 1,
        };
        let taken = self.wanted.remove(&(genre, place)).unwrap_or_default();
        if self.is_constant {
            let why = "the compiler works it out, and asks no switch";
            self.without
                .extend(taken.iter().map(|(number, _)| (*number, why)));
            return Vec::new();
        }
        taken
    }

    fn add(&mut self, range: Range<usize>, form: Form, branches: Vec<(usize, String)>) {
        if !branches.is_empty() {
            self.sites.push(Site {
                range,
                form,
                branches,
            });
        }
    }

    /// The source of `whole`, with another text in place of `part`.
    fn changed(&self, whole: &Range<usize>, part: &Range<usize>, text: &str) -> String {
        let (before, after) = (
            &self.source[whole.start..part.start],
            &self.source[part.end..whole.end],
        );
        format!("{before}{text}{after}")
    }

    fn function(&mut self, block: &syn::Block) {
        // The list names the first statement, or the block where it has none.
        let first = block
            .stmts
            .first()
            .map_or_else(|| block.span(), Spanned::span);
        let mut values = self.take("FnValue", first);
        if values.is_empty() {
            values = self.take("FnValue", block.span());
        }
        let inside = block.brace_token.span.open().byte_range().end;
        let branches = values
            .into_iter()
            .map(|(number, value)| (number, value.to_owned()));
        let branches = branches.collect();
        self.add(inside..inside, Form::Prologue, branches);
    }

    fn within_constant(&mut self, is_constant: bool, visit: impl FnOnce(&mut Self)) {
        let before = self.is_constant;
        self.is_constant |= is_constant;
        visit(self);
        self.is_constant = before;
    }
}

/// Part of a chain with `let`, which can be no operand of anything else.
fn has_let(expression: &syn::Expr) -> bool {
    match expression {
        syn::Expr::Let(_) => true,
        syn::Expr::Binary(binary) => has_let(&binary.left) || has_let(&binary.right),
        _ => false,
    }
}

impl<'ast> Visit<'ast> for Finder<'_> {
    fn visit_item_fn(&mut self, item: &'ast syn::ItemFn) {
        self.within_constant(item.sig.constness.is_some(), |finder| {
            finder.function(&item.block);
            visit::visit_item_fn(finder, item);
        });
    }

    fn visit_impl_item_fn(&mut self, item: &'ast syn::ImplItemFn) {
        self.within_constant(item.sig.constness.is_some(), |finder| {
            finder.function(&item.block);
            visit::visit_impl_item_fn(finder, item);
        });
    }

    fn visit_trait_item_fn(&mut self, item: &'ast syn::TraitItemFn) {
        if let Some(block) = &item.default {
            self.function(block);
        }
        visit::visit_trait_item_fn(self, item);
    }

    fn visit_item_const(&mut self, item: &'ast syn::ItemConst) {
        self.within_constant(true, |finder| visit::visit_item_const(finder, item));
    }

    fn visit_item_static(&mut self, item: &'ast syn::ItemStatic) {
        self.within_constant(true, |finder| visit::visit_item_static(finder, item));
    }

    fn visit_impl_item_const(&mut self, item: &'ast syn::ImplItemConst) {
        self.within_constant(true, |finder| visit::visit_impl_item_const(finder, item));
    }

    fn visit_expr_binary(&mut self, binary: &'ast syn::ExprBinary) {
        let taken = self.take("BinaryOperator", binary.op.span());
        if has_let(&binary.left) || has_let(&binary.right) {
            let why = "it binds with let, and can be no operand";
            self.without
                .extend(taken.iter().map(|(number, _)| (*number, why)));
        } else {
            let (whole, part) = (binary.span().byte_range(), binary.op.span().byte_range());
            let changed = |(number, to): (usize, &str)| (number, self.changed(&whole, &part, to));
            let branches = taken.into_iter().map(changed).collect();
            self.add(whole, Form::Expression, branches);
        }
        visit::visit_expr_binary(self, binary);
    }

    fn visit_expr_unary(&mut self, unary: &'ast syn::ExprUnary) {
        let taken = self.take("UnaryOperator", unary.op.span());
        let (whole, part) = (unary.span().byte_range(), unary.op.span().byte_range());
        let changed = |(number, to): (usize, &str)| (number, self.changed(&whole, &part, to));
        let branches = taken.into_iter().map(changed).collect();
        self.add(whole, Form::Expression, branches);
        visit::visit_expr_unary(self, unary);
    }

    fn visit_arm(&mut self, arm: &'ast syn::Arm) {
        let deleted = self.take("MatchArm", arm.span());
        let deleted = deleted
            .into_iter()
            .map(|(number, _)| (number, String::new()));
        let deleted: Vec<(usize, String)> = deleted.collect();
        match &arm.guard {
            Some((_, guard)) => {
                let range = guard.span().byte_range();
                self.add(range.clone(), Form::Guard, deleted);
                let taken = self.take("MatchArmGuard", guard.span());
                let branches = taken
                    .into_iter()
                    .map(|(number, to)| (number, to.to_owned()));
                let branches = branches.collect();
                self.add(range, Form::Expression, branches);
            }
            None => {
                let end = arm.pat.span().byte_range().end;
                self.add(end..end, Form::NewGuard, deleted);
            }
        }
        visit::visit_arm(self, arm);
    }

    /// `field: value, ..base`: without the field it is the base's.
    fn visit_expr_struct(&mut self, made: &'ast syn::ExprStruct) {
        for field in &made.fields {
            let taken = self.take("StructField", field.span());
            if let (Some(base), false) = (&made.rest, taken.is_empty()) {
                let source = |range: Range<usize>| &self.source[range];
                let (kind, base) = (
                    source(made.path.span().byte_range()),
                    source(base.span().byte_range()),
                );
                let name = source(field.member.span().byte_range());
                let value = format!("{{ let base: {kind} = {base}; base.{name} }}");
                let branches = taken.into_iter().map(|(number, _)| (number, value.clone()));
                let branches = branches.collect();
                self.add(field.expr.span().byte_range(), Form::Expression, branches);
            }
        }
        visit::visit_expr_struct(self, made);
    }
}

#[cfg(test)]
mod tests;
