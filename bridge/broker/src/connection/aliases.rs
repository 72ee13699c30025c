//! What a client calls its topics (MQTT 5, 3.3.2.3.4), on this connection alone.

use std::collections::BTreeMap;

use crate::packet::{Message, Refused, reason, refused};

/// In a box of its own from the first alias on: most clients use none.
#[derive(Default)]
#[expect(
    clippy::box_collection,
    reason = "an empty map takes three times the room of an empty option"
)]
pub(super) struct Aliases(Option<Box<BTreeMap<u16, Box<str>>>>);

impl Aliases {
    /// The message with the topic that it is of, which is what its alias means from now on. The
    /// client was told that it may use the numbers from 1 to `max`.
    ///
    /// # Errors
    /// When the alias is above the limit, or means nothing.
    pub(super) fn resolve(
        &mut self,
        alias: Option<u16>,
        max: u16,
        mut message: Message,
    ) -> Result<Message, Refused> {
        let Some(alias) = alias else {
            return Ok(message);
        };
        // It is never 0 here: that was refused when the packet was read.
        if alias > max {
            return Err(refused(
                reason::TOPIC_ALIAS,
                "a topic has too high an alias",
            ));
        }
        let topics = self.0.get_or_insert_default();
        if message.topic.is_empty() {
            let topic = topics.get(&alias);
            let why = "an alias means no topic";
            message.topic = topic.ok_or(refused(reason::PROTOCOL_ERROR, why))?.clone();
        } else {
            topics.insert(alias, message.topic.clone());
        }
        Ok(message)
    }
}
