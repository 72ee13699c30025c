//! An actor that uses everything that the SDK has, run by the test host.
//! `cargo check --target wasm32-wasip2 --tests -p silo-sdk` checks it against the real imports.

use std::time::Duration;

use bindings::types::{LampState, Marked, Marks, Refusal};
use bindings::{lamp, lamp_queries, reminder_events, stream_events, timer_events};
use serde::{Deserialize, Serialize};
use silo_sdk::entries::Table;
use silo_sdk::reminders::Missed;
use silo_sdk::{config, context, log, reminders, streams, timers};

silo_sdk::actor! {
    state: Lamp,
    world: "lamp-actor",
    wit: ["tests/lamp/world", "tests/lamp/contracts", "../../wit/silo"],
}

const TOUCHES: Table<u64> = Table::new("touch");

type Answer = Result<LampState, Refusal>;

#[derive(Default, Serialize, Deserialize)]
#[silo_sdk::state(schema = 2, migrate = Lamp::from_older, activate = Lamp::wake, deactivate = Lamp::rest)]
struct Lamp {
    lit: bool,
    colour: Option<String>,
    turns: u32,
}

#[silo_sdk::commands]
impl lamp::Guest for Lamp {
    fn light(&mut self, from: String, colour: Option<String>) -> Answer {
        self.lit = true;
        self.colour = colour;
        self.turns += 1;
        streams::publish("lit", &from, &self.view());
        timers::set("off", Duration::from_secs(60));
        reminders::set_periodic(
            "dust",
            Duration::from_secs(5),
            Duration::from_secs(10),
            Missed::Skip,
        );
        if self.turns > config::parse_or("turns", 2) {
            return Err(Refusal::TooBright(self.turns));
        }
        Ok(self.view())
    }

    /// A comment may stand above a method, and so may an attribute.
    #[inline]
    fn touch(&mut self) -> u32 {
        self.turns += 1;
        TOUCHES.insert(&format!("{:03}", self.turns), &context::now_ms());
        log::info!(
            "touched {} times by {:?}",
            self.turns,
            context::caller().map(|caller| caller.to_string())
        );
        self.turns
    }

    fn forget(&mut self) {}
}

#[silo_sdk::queries]
impl lamp_queries::Guest for Lamp {
    fn get(&self) -> LampState {
        self.view()
    }

    fn marks(&self, also: Marked) -> Marked {
        Marked {
            marks: also.marks | Marks::WARM_WHITE,
        }
    }
}

#[silo_sdk::commands]
impl timer_events::Guest for Lamp {
    fn on_timer(&mut self, name: String) {
        self.lit = name != "off";
    }
}

#[silo_sdk::commands]
impl reminder_events::Guest for Lamp {
    fn on_reminder(&mut self, name: String, due: u64, _missed: u32) {
        TOUCHES.insert(&name, &due);
    }
}

#[silo_sdk::commands]
impl stream_events::Guest for Lamp {
    fn subscriptions() -> Vec<String> {
        vec!["dusk".to_owned()]
    }

    fn on_events(&mut self, events: Vec<stream_events::Event>) {
        let last = events.last();
        self.colour = last.and_then(|event| silo_sdk::json::from_str(&event.payload).ok());
    }
}

impl Lamp {
    fn view(&self) -> LampState {
        LampState {
            lit: self.lit,
            colour: self.colour.clone(),
            turns: self.turns,
        }
    }

    fn from_older(from: u32, bytes: &[u8]) -> Result<Self, String> {
        let turns =
            silo_sdk::state::decode(bytes).map_err(|error| format!("schema {from}: {error}"))?;
        Ok(Self {
            turns,
            ..Self::default()
        })
    }

    fn wake(&self) {
        timers::set_periodic("blink", Duration::ZERO, Duration::from_secs(1));
    }

    fn rest(&self) {
        log::debug!("good night");
    }
}

#[cfg(not(target_arch = "wasm32"))]
mod tests {
    use bindings::clients::ShadeClient;
    use bindings::types::{Cloth, Shade, Size};
    use silo_sdk::json::json;
    use silo_sdk::testing::{Due, Host, failed, ok, plain, refused};
    use silo_sdk::turn_export::{
        Actor, Call, Effect, Event, Events, Input, Invocation, Output, Reminder,
    };
    use silo_sdk::whole;
    use silo_sdk::{CallError, CallFailure};

    use super::*;

    const SIZE: Size = Size {
        width: 2,
        height: 3,
    };

    fn shade() -> Shade {
        Shade {
            cloth: Cloth::RawLinen,
            label: None,
            size: SIZE,
        }
    }

    #[test]
    fn a_turn_saves_what_changed_and_a_declined_one_nothing() {
        let host = Host::new("lamp", "lamp-1");
        host.set_config("turns", "1");
        let lit = <Lamp as lamp::Guest>::light("hall".into(), None);
        assert_eq!(
            lit,
            Ok(LampState {
                lit: true,
                colour: None,
                turns: 1
            })
        );
        assert_eq!(host.published("lit"), [json!({ "lit": true, "turns": 1 })]);

        assert_eq!(
            <Lamp as lamp::Guest>::light("hall".into(), None),
            Err(Refusal::TooBright(2))
        );
        assert_eq!(host.published("lit").len(), 1);
        assert_eq!(<Lamp as lamp_queries::Guest>::get().turns, 1);
    }

    #[test]
    fn a_command_that_changes_nothing_saves_nothing() {
        let host = Host::new("lamp", "lamp-1");
        <Lamp as lamp::Guest>::forget();
        assert!(host.state::<Lamp>().is_none());
    }

    #[test]
    fn entries_are_read_in_order() {
        let host = Host::new("lamp", "lamp-1");
        host.set_caller(Some(("hand", "left")));
        assert!(TOUCHES.is_empty());
        let mut lamp = Lamp::default();
        for _ in 0..3 {
            lamp.touch();
        }
        assert_eq!(host.entries(), ["touch/001", "touch/002", "touch/003"]);
        assert_eq!(TOUCHES.keys(Some("001"), 1), ["002"]);
        assert_eq!(TOUCHES.first(), Some(("001".to_owned(), host.now_ms())));
        TOUCHES.remove("001");
        assert_eq!(TOUCHES.get("001"), None);
        assert_eq!(host.logs()[2].1, "touched 3 times by Some(\"hand/left\")");
    }

    #[test]
    fn alarms_come_due_when_the_clock_moves() {
        let host = Host::new("lamp", "lamp-1");
        let start = host.now_ms();
        let mut lamp = Lamp::default();
        lamp.light("hall".into(), None).expect("it lights");
        let due = host.advance(Duration::from_secs(16));
        let reminder = |due_ms| Due::Reminder {
            name: "dust".into(),
            due_ms,
        };
        assert_eq!(due, [reminder(start + 5_000), reminder(start + 15_000)]);
        let due = host.advance(Duration::from_secs(44));
        let Some(Due::Timer { name, .. }) = due.last() else {
            panic!("the timer is last: {due:?}")
        };
        lamp.on_timer(name.clone());
        lamp.on_reminder("dust".into(), start, 0);
        assert!(!lamp.lit && host.timers().is_empty() && host.reminders().len() == 1);
    }

    #[test]
    fn older_state_migrates_once() {
        let host = Host::new("lamp", "lamp-1");
        host.set_snapshot(1, silo_sdk::state::encode(&7u32));
        assert_eq!(<Lamp as lamp_queries::Guest>::get().turns, 7);
        assert!(<Lamp as bindings::lifecycle::Guest>::migrate(3, Vec::new()).is_err());
        assert_eq!(<Lamp as bindings::lifecycle::Guest>::schema(), 2);
        <Lamp as lamp::Guest>::forget();
        assert_eq!(
            host.state::<Lamp>()
                .expect("it was saved in its new layout")
                .turns,
            7
        );
    }

    #[test]
    fn typed_clients_ask_and_send() {
        let host = Host::new("lamp", "lamp-1");
        let client = ShadeClient::of("shade-1");
        host.answer("shade", "fit", |key, arguments| {
            assert_eq!(key, "shade-1");
            assert_eq!(arguments["others"], json!(["a"]));
            ok(json!({ "cloth": arguments["cloth"], "size": arguments["size"] }))
        });
        assert_eq!(
            client.fit(Cloth::RawLinen, SIZE, Some("x"), &["a".into()]),
            Ok(shade())
        );

        host.answer("shade", "swap", |_, _| refused("no"));
        let swapped = client.swap(&shade(), Some(&shade()), ("a", &SIZE, 1));
        assert_eq!(swapped, Err(CallError::Refused("no".to_owned())));

        host.answer("shade", "tear", |_, _| {
            failed(CallFailure::Deadline("late".into()))
        });
        let torn = client.tear(&[("a".into(), 1)], &[1, 2]);
        assert_eq!(
            torn,
            Err(CallError::Call(CallFailure::Deadline("late".into())))
        );

        host.answer("shade", "measure", |_, _| plain(Some(SIZE)));
        assert_eq!(client.measure(true), Ok(Some(SIZE)));

        client.send_wash(&[Some(shade()), None]);
        assert_eq!(
            host.sent_to("shade", "wash")[0].arguments["types"][0]["cloth"],
            "rawLinen"
        );
        assert_eq!(host.asked().len(), 4);
    }

    fn input(invocation: Invocation) -> Input {
        Input {
            invocation,
            actor: Actor {
                actor_type: "lamp".into(),
                key: "lamp-7".into(),
            },
            caller: None,
            message_id: (1, 0xff),
            now: 17,
            random_seed: 1,
            trace_id: None,
            state: None,
        }
    }

    fn called(method: &str, arguments: &str) -> Output {
        let methods = whole::methods::<Lamp>();
        let number = methods.iter().position(|name| name == method);
        let call = Call {
            method: number.expect("it is told") as u32,
            arguments: arguments.into(),
        };
        whole::run::<Lamp>(input(Invocation::Call(call)))
    }

    #[test]
    fn a_whole_turn_brings_back_what_it_stages() {
        let host = Host::new("lamp", "lamp-1");
        let output = called("light", r#"{"from":"hall","colour":"red"}"#);
        assert_eq!(
            output.reply,
            r#"{"ok":{"lit":true,"colour":"red","turns":1}}"#
        );
        let state = output.state.expect("it changed");
        assert_eq!(state.schema, 2);
        let lamp: Lamp = silo_sdk::state::decode(&state.bytes).expect("its state");
        assert!(lamp.lit);
        assert!(
            matches!(
                &output.effects[..],
                [
                    Effect::Publish(lit),
                    Effect::SetTimer(off),
                    Effect::SetReminder(dust),
                ] if lit.key == "hall" && off.delay_ms == 60_000 && dust.period_ms == Some(10_000)
            ),
            "{:?}",
            output.effects
        );
        let output = called("touch", "");
        assert_eq!(output.reply, "1");
        assert_eq!(output.entries[0].name, "touch/001");
        // Nothing went to the imports but the line of its log.
        assert!(host.events().is_empty() && host.entries().is_empty());
        assert_eq!(host.logs()[0].1, "touched 1 times by None");
        // And what comes after it goes there again.
        <Lamp as lamp::Guest>::touch();
        assert_eq!(host.entries(), ["touch/001"]);
    }

    #[test]
    fn a_whole_turn_that_declines_says_so_and_saves_nothing() {
        let host = Host::new("lamp", "lamp-1");
        host.set_config("turns", "0");
        let output = called("light", r#"["hall"]"#);
        assert_eq!(output.reply, r#"{"err":{"tooBright":1}}"#);
        assert!(output.state.is_none());
    }

    #[test]
    fn hooks_are_whole_turns_too() {
        let _host = Host::new("lamp", "lamp-1");
        let output = whole::run::<Lamp>(input(Invocation::Activate));
        assert!(matches!(&output.effects[..], [Effect::SetTimer(timer)] if timer.name == "blink"));
        let dust = Reminder {
            name: "dust".into(),
            due: 5,
            missed: 0,
        };
        let output = whole::run::<Lamp>(input(Invocation::Reminder(dust)));
        assert_eq!(output.entries[0].name, "touch/dust");
        let events = Events {
            name: "dusk".into(),
            events: vec![Event {
                position: 1,
                payload: "\"blue\"".into(),
            }],
        };
        let output = whole::run::<Lamp>(input(Invocation::Events(events)));
        assert!(output.state.is_some());
    }

    #[test]
    #[should_panic(expected = "host.answer(\"shade\", \"drop\"")]
    fn a_forgotten_answer_is_named() {
        let _host = Host::new("lamp", "lamp-1");
        let _ = ShadeClient::of("shade-1").drop();
    }

    #[test]
    #[should_panic(expected = "begin the test with")]
    fn a_forgotten_host_is_named() {
        context::key();
    }

    #[test]
    fn flags_are_names_in_json() {
        let _host = Host::new("lamp", "shelf");
        let also = silo_sdk::json::from_str(r#"{"marks":["from"]}"#).unwrap();
        let marked = <Lamp as lamp_queries::Guest>::marks(also);
        let json = silo_sdk::json::to_string(&marked).unwrap();
        assert_eq!(json, r#"{"marks":["warmWhite","from"]}"#);
        let unknown = silo_sdk::json::from_str::<Marked>(r#"{"marks":["dark"]}"#);
        let why = unknown.unwrap_err().to_string();
        assert!(why.contains("dark") && why.contains("warmWhite"), "{why}");
    }
}
