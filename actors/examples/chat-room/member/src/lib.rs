//! Somebody who is in chat rooms: what was said there and is not read yet.

use bindings::types::Line;
use bindings::{member, member_queries, stream_events};
use serde::{Deserialize, Serialize};
use silo_sdk::entries::Table;
use silo_sdk::{json, log};

silo_sdk::actor! { state: Member, world: "member-actor", wit: ["../wit", "../../../../wit/silo"] }
silo_sdk::manifest!({ "calls": [], "publishes": [] });

const PAGE_MAX: u32 = 100;
/// In the order in which they came.
const UNREAD: Table<Line> = Table::new("unread");

#[derive(Default, Serialize, Deserialize)]
#[silo_sdk::state(schema = 1)]
pub struct Member {
    unread: u32,
}

#[silo_sdk::commands]
impl stream_events::Guest for Member {
    fn subscriptions() -> Vec<String> {
        vec!["chat-inbox".to_owned()]
    }

    /// As many as had come are one turn. None comes twice: how far this actor has heard its
    /// stream is part of the commit.
    fn on_events(&mut self, events: Vec<stream_events::Event>) {
        for event in events {
            match json::from_str::<Line>(&event.payload) {
                Ok(line) => {
                    // A position only ever grows, so it is a place in the order.
                    UNREAD.insert(&format!("{:020}", event.position), &line);
                    self.unread += 1;
                }
                // What cannot be read now cannot be read later either.
                Err(error) => log::warn!("event {} is passed over: {error}", event.position),
            }
        }
    }
}

#[silo_sdk::commands]
impl member::Guest for Member {
    fn read(&mut self, limit: u32) -> Result<Vec<Line>, String> {
        let rows = UNREAD.rows(None, limit.min(PAGE_MAX));
        for (key, _) in &rows {
            UNREAD.remove(key);
            self.unread -= 1;
        }
        Ok(rows.into_iter().map(|(_, line)| line).collect())
    }
}

#[silo_sdk::queries]
impl member_queries::Guest for Member {
    fn unread(&self) -> u32 {
        self.unread
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by it")]
mod tests {
    use silo_sdk::testing::Host;

    use super::*;

    #[test]
    fn what_is_read_is_gone_and_what_makes_no_sense_is_told() {
        let host = Host::new("member", "ada");
        let event = |position, payload: &str| stream_events::Event {
            name: "chat-inbox".into(),
            position,
            payload: payload.into(),
        };
        let line = r#"{"room":"lobby","number":7,"from":"bo","text":"hello"}"#;
        let events = vec![event(9, line), event(10, "nonsense"), event(11, line)];
        <Member as stream_events::Guest>::on_events(events);
        assert_eq!(host.logs().len(), 1);
        assert_eq!(<Member as member_queries::Guest>::unread(), 2);
        let read = <Member as member::Guest>::read(1).unwrap();
        assert_eq!((read.len(), read[0].number), (1, 7));
        assert_eq!(<Member as member::Guest>::read(9).unwrap().len(), 1);
        assert_eq!(<Member as member_queries::Guest>::unread(), 0);
    }
}
