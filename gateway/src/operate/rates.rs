//! How modules do, on all silos together: each tells how many turns took how long, and what they tell
//! is added up.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::silos::Silos;
use crate::problem::{self, Problem};

/// What one silo tells.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct OfSilo {
    at: String,
    window_ms: u64,
    rates: Vec<OfModule>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct OfModule {
    actor_type: String,
    digest: String,
    role: String,
    percent: f64,
    window: Span,
    recently: Span,
    since_trial: Option<Span>,
}

/// What was counted within a time.
#[derive(Default, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Span {
    over_ms: u64,
    turns: u64,
    failed: u64,
    /// The end of each class of latencies in microseconds, and how many turns are in it.
    #[serde(default)]
    latency: Vec<(u64, u64)>,
}

/// What all of them tell.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Rates {
    at: String,
    window_ms: u64,
    rates: Vec<Rate>,
    /// Silos that did not tell theirs.
    missing: Vec<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Rate {
    actor_type: String,
    digest: String,
    role: String,
    percent: f64,
    #[serde(flatten)]
    window: Told,
    recently: Recently,
    #[serde(skip_serializing_if = "Option::is_none")]
    since_trial: Option<Told>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Told {
    over_ms: u64,
    turns: u64,
    failed: u64,
    p50_us: u64,
    p99_us: u64,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Recently {
    over_ms: u64,
    turns: u64,
    failed: u64,
}

impl Silos {
    /// How modules do, on all silos together.
    ///
    /// # Errors
    /// When no silo tells it.
    pub(crate) async fn rates(&self) -> Result<Value, Problem> {
        let (mut told, mut missing) = (Vec::new(), Vec::new());
        for (silo, row) in self.all("/rates").await {
            match row.and_then(read) {
                Ok(rates) => told.push(rates),
                Err(why) => {
                    tracing::debug!(silo, why, "a silo does not tell how its modules do");
                    missing.push(silo);
                }
            }
        }
        let rates = of(told, missing).ok_or_else(|| {
            let detail = "no silo tells how its modules do";
            Problem::new(problem::UNAVAILABLE, detail).retry_after_ms(1_000)
        })?;
        // Plain structs of numbers and text always serialize.
        Ok(serde_json::to_value(rates).unwrap_or_default())
    }
}

/// Adds up what the silos tell; `None` where none tells anything.
fn of(told: Vec<OfSilo>, missing: Vec<String>) -> Option<Rates> {
    let mut at = None;
    let mut window_ms = 0;
    let mut sums: BTreeMap<(String, String, String), Sum> = BTreeMap::new();
    for silo in told {
        at = at.max(Some(silo.at));
        window_ms = window_ms.max(silo.window_ms);
        for module in silo.rates {
            let key = (module.actor_type, module.role, module.digest);
            let sum = sums.entry(key).or_default();
            sum.percent = module.percent;
            sum.window.add(&module.window);
            sum.recently.add(&module.recently);
            if let Some(since) = &module.since_trial {
                sum.since_trial.get_or_insert_default().add(since);
            }
        }
    }
    let rates = sums
        .into_iter()
        .map(|((actor_type, role, digest), sum)| Rate {
            actor_type,
            digest,
            role,
            percent: sum.percent,
            window: sum.window.told(),
            recently: Recently {
                over_ms: sum.recently.over_ms,
                turns: sum.recently.turns,
                failed: sum.recently.failed,
            },
            since_trial: sum.since_trial.map(|since| since.told()),
        });
    Some(Rates {
        at: at?,
        window_ms,
        rates: rates.collect(),
        missing,
    })
}

#[derive(Default)]
struct Sum {
    percent: f64,
    window: Total,
    recently: Total,
    since_trial: Option<Total>,
}

#[derive(Default)]
struct Total {
    over_ms: u64,
    turns: u64,
    failed: u64,
    latency: BTreeMap<u64, u64>,
}

impl Total {
    fn add(&mut self, span: &Span) {
        self.over_ms = self.over_ms.max(span.over_ms);
        self.turns = self.turns.saturating_add(span.turns);
        self.failed = self.failed.saturating_add(span.failed);
        for (end_us, count) in &span.latency {
            let sum = self.latency.entry(*end_us).or_default();
            *sum = sum.saturating_add(*count);
        }
    }

    fn told(&self) -> Told {
        Told {
            over_ms: self.over_ms,
            turns: self.turns,
            failed: self.failed,
            p50_us: self.quantile(50),
            p99_us: self.quantile(99),
        }
    }

    /// The end of the class in which the quantile lies; 0 where nothing was counted.
    fn quantile(&self, percent: u64) -> u64 {
        let total: u128 = self.latency.values().map(|count| u128::from(*count)).sum();
        let wanted = (total * u128::from(percent)).div_ceil(100);
        let mut seen = 0;
        let mut classes = self.latency.iter();
        let reached = classes.find(|(_, count)| {
            seen += u128::from(**count);
            seen >= wanted
        });
        reached.map_or(0, |(end_us, _)| *end_us)
    }
}

/// What a silo tells, if it is understood: one of another version may tell nothing of it.
fn read(told: Value) -> Result<OfSilo, String> {
    serde_json::from_value(told).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn silo(turns: u64, latency: &Value) -> OfSilo {
        let span =
            json!({"overMs": 10_000 + turns, "turns": turns, "failed": 1, "latency": latency});
        let rate = json!({
            "actorType": "pot", "digest": "d1", "role": "current", "percent": 90.0,
            "window": span, "recently": span, "sinceTrial": span,
        });
        let told = json!({"at": format!("2026-01-01T00:00:0{turns}.000Z"), "windowMs": 60_000, "rates": [rate]});
        read(told).expect("understood")
    }

    #[test]
    fn turns_are_added_up_and_quantiles_are_those_of_all_turns() {
        let one = silo(4, &json!([[10, 2], [20, 2]]));
        let other = silo(6, &json!([[20, 1], [5_000, 5]]));
        let all = of(vec![one, other], vec!["silo-c".to_owned()]).expect("two tell");
        let all = serde_json::to_value(all).expect("JSON");
        assert_eq!(all["at"], "2026-01-01T00:00:06.000Z");
        assert_eq!(all["missing"], json!(["silo-c"]));
        let rate = &all["rates"][0];
        assert_eq!((&rate["turns"], &rate["failed"]), (&json!(10), &json!(2)));
        assert_eq!(
            (&rate["p50Us"], &rate["p99Us"]),
            (&json!(20), &json!(5_000))
        );
        assert_eq!(rate["overMs"], 10_006);
        assert_eq!(rate["sinceTrial"]["turns"], 10);
        assert_eq!(
            rate["recently"],
            json!({"overMs": 10_006, "turns": 10, "failed": 2})
        );
    }

    #[test]
    fn nothing_is_made_up_where_nobody_tells() {
        assert!(of(Vec::new(), vec!["silo-a".to_owned()]).is_none());
        let idle = of(vec![silo(0, &json!([]))], Vec::new()).expect("one tells");
        let idle = serde_json::to_value(idle).expect("JSON");
        assert_eq!(idle["rates"][0]["p99Us"], 0);
        assert!(read(json!({"error": "not found"})).is_err());
    }
}
