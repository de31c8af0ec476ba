//! Thin bytes: a message with only the fields that the engine asks for gives the same answers.

use betrace_engine::Engine;

use super::Divergence;
use super::delivery::{BEGIN, Delivery, Found, run};
use super::laws::Trial;
use crate::model::Span;
use crate::thin::thin;

impl Trial<'_> {
    /// Only the fields that the engine asks for.
    pub fn thin(&mut self) -> Result<(), Divergence> {
        let wrong = |detail| Divergence {
            law: "thin bytes",
            rule: 0,
            trace: 0,
            detail,
        };
        let delivery = Delivery::plain(self.together());
        let engine = Engine::new(self.rules.to_vec(), delivery.settings(), BEGIN);
        let wanted = engine.map_err(|fault| wrong(fault.to_string()))?.wanted();
        let spans: Vec<Span> = self
            .together()
            .into_iter()
            .map(|span| thin(span, &wanted))
            .collect();
        let said = |found: Found| format!("{:#?}", found.all);
        let full = run(self.rules, &delivery).map(said).map_err(wrong)?;
        let cut = run(self.rules, &Delivery::plain(spans.iter().collect()))
            .map(said)
            .map_err(wrong)?;
        if full == cut {
            return Ok(());
        }
        // Whose it is shows only alone.
        for (t, trace) in self.traces.iter().enumerate() {
            for (r, rule) in self.rules.iter().enumerate() {
                let rule = std::slice::from_ref(rule);
                let spans: Vec<Span> = trace.iter().map(|span| thin(span, &wanted)).collect();
                let full = run(rule, &Delivery::plain(trace.iter().collect()))
                    .map(said)
                    .map_err(wrong)?;
                let cut = run(rule, &Delivery::plain(spans.iter().collect()))
                    .map(said)
                    .map_err(wrong)?;
                if full != cut {
                    let detail = format!("full bytes: {full}\nthin bytes: {cut}");
                    return Err(Divergence {
                        law: "thin bytes",
                        rule: r,
                        trace: t,
                        detail,
                    });
                }
            }
        }
        Err(wrong("differ only together".to_owned()))
    }
}
