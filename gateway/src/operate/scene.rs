//! What operators look at, as it is at one moment, ready to be sent.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use axum::response::sse;
use serde_json::{Value, json};

use super::silos::Silos;
use crate::problem::Problem;
use crate::time::At;

/// How many lines of the audit log are told at first, and how many are remembered for those who watch.
const LINES_FIRST: usize = 20;
const LINES_MAX: usize = 200;
/// How far back the log is read again, in milliseconds: the clocks of two silos that write in it
/// may differ, and so a line may come behind a younger one.
const LINES_AGAIN_MS: u64 = 10_000;

/// JSON as text: it is made once, and sent to all who watch.
type Text = Arc<str>;

/// Everything that is told, in the state in which it was found last.
#[derive(Default, Clone)]
pub(crate) struct Scene {
    stats: Option<Text>,
    rates: Option<Text>,
    plans: BTreeMap<String, Text>,
    /// Lines of the audit log with their numbers, the newest last.
    audit: VecDeque<(String, Value)>,
    /// Why nothing is found any more.
    trouble: Option<String>,
}

impl Scene {
    /// The events by which somebody who has seen `before` sees this; all of it for whoever has seen
    /// nothing.
    pub(crate) fn since(&self, before: Option<&Self>) -> Vec<sse::Event> {
        let mut events = Vec::new();
        let mut tell = |name: &str, text: &str| {
            events.push(sse::Event::default().event(name).data(text));
        };
        let is_first = before.is_none();
        let nothing = Self::default();
        let before = before.unwrap_or(&nothing);
        if self.trouble != before.trouble {
            tell("trouble", &json!({"why": self.trouble}).to_string());
        }
        if let Some(stats) = self.stats.as_ref().filter(|_| self.stats != before.stats) {
            tell("stats", stats);
        }
        for (actor_type, plan) in &self.plans {
            if before.plans.get(actor_type) != Some(plan) {
                tell("plan", plan);
            }
        }
        let known = |number: &str| before.audit.iter().any(|(of, _)| of == number);
        let lines = self.audit.iter().rev().filter(|(number, _)| !known(number));
        let most = if is_first { LINES_FIRST } else { LINES_MAX };
        let lines: Vec<&Value> = lines.map(|(_, line)| line).take(most).collect();
        if is_first || !lines.is_empty() {
            tell("audit", &json!({"lines": lines}).to_string());
        }
        if let Some(rates) = self.rates.as_ref().filter(|_| self.rates != before.rates) {
            tell("rates", rates);
        }
        events
    }

    /// Looks again; with `whole`, at what changes slowly, too.
    pub(super) async fn look(&mut self, silos: &Silos, whole: bool, now_ms: u64) {
        self.trouble = self.look_at_all(silos, whole, now_ms).await.err();
    }

    async fn look_at_all(&mut self, silos: &Silos, whole: bool, now_ms: u64) -> Result<(), String> {
        let why = |problem: Problem| problem.detail().to_owned();
        if whole || self.stats.is_none() {
            let stats = silos.stats().await.map_err(why)?;
            self.stats = Some(text(&dated(stats, now_ms)));
        }
        let plans = silos.look("/module-plans").await.map_err(why)?;
        let plans = plans["plans"].as_array().into_iter().flatten();
        let named =
            plans.filter_map(|plan| Some((plan["actorType"].as_str()?.to_owned(), text(plan))));
        self.plans = named.collect();
        self.look_at_audit(silos, now_ms).await.map_err(why)?;
        self.rates = Some(text(&silos.rates().await.map_err(why)?));
        Ok(())
    }

    async fn look_at_audit(&mut self, silos: &Silos, now_ms: u64) -> Result<(), Problem> {
        let path = if self.audit.is_empty() {
            format!("/module-audit?limit={LINES_FIRST}")
        } else {
            let since_ms = now_ms.saturating_sub(LINES_AGAIN_MS);
            format!("/module-audit?limit={LINES_MAX}&after={since_ms:016}")
        };
        let read = silos.look(&path).await?;
        let lines = read["audit"].as_array().into_iter().flatten().rev();
        for line in lines {
            let number = line["id"].as_str().unwrap_or_default();
            if !self.audit.iter().any(|(of, _)| of == number) {
                self.audit.push_back((number.to_owned(), line.clone()));
            }
        }
        while self.audit.len() > LINES_MAX {
            self.audit.pop_front();
        }
        Ok(())
    }
}

/// Figures with the date of the silos.
pub(crate) fn dated(mut stats: Value, now_ms: u64) -> Value {
    stats["at"] = json!(At::of(now_ms));
    stats
}

fn text(value: &Value) -> Text {
    value.to_string().into()
}
