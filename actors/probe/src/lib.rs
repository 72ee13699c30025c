//! An actor that does what it is told and remembers what happened to it: tests drive the
//! silo with it.

use std::ops::Bound;
use std::time::Duration;

use bindings::types::{Reminder, Step, View};
use bindings::{probe, probe_queries, reminder_events, stream_events, timer_events};
use serde::{Deserialize, Serialize};
use silo_sdk::entries::{Ahead, Table};
use silo_sdk::json::{Value, from_str, json};
use silo_sdk::reminders::Missed;
use silo_sdk::{CallError, calls, context, log, reminders, streams, timers};

silo_sdk::actor! { state: Probe }

const ROWS: Table<String> = Table::new("rows");

#[derive(Default, Serialize, Deserialize)]
#[silo_sdk::state(schema = 1, activate = Probe::wake, deactivate = Probe::rest)]
pub struct Probe {
    count: u32,
    notes: Vec<String>,
    wakes: bool,
    filling: String,
    /// States that were written without it cannot be read, under the same number.
    #[cfg(feature = "other-shape")]
    shape: u32,
}

#[silo_sdk::commands]
impl probe::Guest for Probe {
    fn act(&mut self, steps: Vec<Step>) -> Result<View, String> {
        self.count += 1;
        for step in steps {
            self.step(step)?;
        }
        Ok(self.view())
    }

    fn relay(&mut self, mut keys: Vec<String>) -> Result<View, String> {
        self.count += 1;
        if !keys.is_empty() {
            let next = keys.remove(0);
            let answer: Result<Value, CallError<String>> =
                calls::ask("probe", &next, "relay", &json!({ "keys": keys }));
            answer.map_err(|error| format!("{} asked {next}: {error}", context::key()))?;
        }
        Ok(self.view())
    }
}

#[silo_sdk::queries]
impl probe_queries::Guest for Probe {
    fn read(&self) -> View {
        self.view()
    }

    fn rows(&self) -> Vec<String> {
        let keys = ROWS.keys(None, 1_000);
        let row = |key: &String| format!("{key}={}", ROWS.get(key).unwrap_or_default());
        keys.iter().map(row).collect()
    }

    fn peek(&self, key: String) -> Result<View, String> {
        calls::call("probe", &key, "read", &json!({})).map_err(|error| error.to_string())
    }

    fn span(&self, from: String, to: Option<String>, backwards: bool, limit: u32) -> Vec<String> {
        let to = to.as_deref().map_or(Bound::Unbounded, Bound::Excluded);
        let keys = (Bound::Included(from.as_str()), to);
        let rows = if backwards {
            ROWS.range_back(keys, limit)
        } else {
            ROWS.range(keys, limit)
        };
        rows.iter()
            .map(|(key, row)| format!("{key}={row}"))
            .collect()
    }

    fn some(&self, keys: Vec<String>) -> Vec<Option<String>> {
        // More than one question may ask for are asked for in parts.
        let together: Vec<_> = keys
            .chunks(1_000)
            .flat_map(|keys| ROWS.get_all(keys))
            .collect();
        Ahead::default().of(&ROWS, &keys).read();
        let each: Vec<_> = keys.iter().map(|key| ROWS.get(key)).collect();
        assert_eq!(each, together, "read ahead, and together");
        each
    }

    fn watch(&self, key: String) -> Vec<String> {
        let mut rows = self.rows();
        let answer: Result<Value, CallError<String>> =
            calls::ask("probe", &key, "relay", &json!({"keys": []}));
        rows.push(answer.map_or_else(|error| error.to_string(), |_| "answered".to_owned()));
        rows.extend(self.rows());
        rows
    }

    fn cheat(&self) -> View {
        streams::publish("probe-events", &context::key(), "from a query");
        self.view()
    }
}

#[silo_sdk::commands]
impl timer_events::Guest for Probe {
    fn on_timer(&mut self, name: String) {
        self.note(format!("timer {name}"));
    }
}

#[silo_sdk::commands]
impl reminder_events::Guest for Probe {
    fn on_reminder(&mut self, name: String, due: u64, missed: u32) {
        if name == "needy" {
            self.need("medicine");
        }
        if name == "again" && self.notes.len() < 3 {
            reminders::set(&name, Duration::ZERO);
        }
        if name.starts_with("clocked") {
            return self.note(format!("{name} at {}", context::now_ms()));
        }
        self.note(format!("reminder {name} due {due} missed {missed}"));
    }
}

#[silo_sdk::commands]
impl stream_events::Guest for Probe {
    fn subscriptions() -> Vec<String> {
        vec!["probe-events".to_owned()]
    }

    fn on_events(&mut self, events: Vec<stream_events::Event>) {
        for event in events {
            let payload: String = from_str(&event.payload).unwrap_or_default();
            match payload.as_str() {
                "trap" => panic!("told so by an event"),
                "" => {}
                "needy" => {
                    self.need("medicine");
                    self.note(format!("event {} needy", event.position));
                }
                payload => self.note(format!("event {} {payload}", event.position)),
            }
        }
    }
}

impl Probe {
    fn wake(&self) {
        if self.wakes {
            timers::set("wake", Duration::from_millis(10));
        }
    }

    fn rest(&self) {
        log::info!("rests after {}", self.count);
    }

    fn view(&self) -> View {
        View {
            count: self.count,
            notes: self.notes.clone(),
        }
    }

    fn note(&mut self, note: String) {
        self.notes.push(note);
    }

    fn need(&self, note: &str) {
        assert!(self.notes.iter().any(|n| n == note), "no {note:?} yet");
    }

    fn step(&mut self, step: Step) -> Result<(), String> {
        match step {
            Step::Note(note) => self.note(note),
            Step::Ask(ask) => {
                let steps: Value = from_str(&ask.steps).map_err(|e| e.to_string())?;
                let answer: Result<Value, CallError<String>> =
                    calls::ask("probe", &ask.key, "act", &json!({ "steps": steps }));
                self.note(match answer {
                    Ok(view) => format!("answer {}", view["count"]),
                    Err(error) => error.to_string(),
                });
            }
            Step::Send(send) => {
                let steps: Value = from_str(&send.steps).map_err(|e| e.to_string())?;
                let arguments = json!({ "steps": steps });
                let delay = Duration::from_millis(send.delay_ms);
                calls::send_after(delay, "probe", &send.key, "act", &arguments);
            }
            Step::Timer(timer) => {
                let delay = Duration::from_millis(timer.delay_ms);
                match timer.period_ms.map(Duration::from_millis) {
                    Some(period) => timers::set_periodic(&timer.name, delay, period),
                    None => timers::set(&timer.name, delay),
                }
            }
            Step::CancelTimer(name) => timers::cancel(&name),
            Step::Reminder(reminder) => remind(&reminder),
            Step::CancelReminder(name) => reminders::cancel(&name),
            Step::Publish(event) => streams::publish(&event.stream, &event.key, &event.payload),
            Step::Row(row) => match &row.value {
                Some(value) => ROWS.insert(&row.key, value),
                None => ROWS.remove(&row.key),
            },
            Step::Log(text) => log::info!("{text}"),
            Step::Wake => self.wakes = true,
            Step::Fill(bytes) => self.filling = "x".repeat(bytes as usize),
            Step::Trap => panic!("told so"),
            Step::Spin => loop {
                std::hint::spin_loop();
            },
            Step::Need(note) => self.need(&note),
            Step::Decline(why) => return Err(why),
            Step::End => silo_sdk::state::end(),
        }
        Ok(())
    }
}

fn remind(reminder: &Reminder) {
    let delay = Duration::from_millis(reminder.delay_ms);
    let missed = match reminder.missed.as_str() {
        "all" => Missed::All,
        "skip" => Missed::Skip,
        _ => Missed::Last,
    };
    match reminder.period_ms.map(Duration::from_millis) {
        Some(period) => reminders::set_periodic(&reminder.name, delay, period, missed),
        None => reminders::set(&reminder.name, delay),
    }
}
