//! A store in front of a store, for tests and simulations that change some of it.

/// Implements parts of a store by those of another: `delegate!(Mine, inner: LogStore, Store)`
/// for a type `Mine` with a field `inner`.
#[macro_export]
macro_rules! delegate {
    ($type:ty, $field:ident: $($part:ident),+ $(,)?) => {
        $( $crate::delegate!(@ $part $type, $field); )+
    };
    (@ RetireStore $type:ty, $field:ident) => {
        #[::async_trait::async_trait]
        impl $crate::RetireStore for $type {
            async fn ended(
                &self,
                shards: &::pizza_types::ShardSet,
                actor_type: &str,
                after: &$crate::EndedAfter,
                until_ms: u64,
                limit: usize,
            ) -> ::std::result::Result<Vec<$crate::EndedActor>, $crate::StoreError> {
                self.$field.ended(shards, actor_type, after, until_ms, limit).await
            }
            async fn retire(
                &self,
                retirements: Vec<$crate::Retirement>,
            ) -> ::std::result::Result<Vec<bool>, $crate::StoreError> {
                self.$field.retire(retirements).await
            }
            async fn retired(
                &self,
                actor: &::pizza_types::ActorId,
            ) -> ::std::result::Result<Option<u64>, $crate::StoreError> {
                self.$field.retired(actor).await
            }
            async fn forget_retired(
                &self,
                shards: &::pizza_types::ShardSet,
                until_ms: u64,
                limit: usize,
            ) -> ::std::result::Result<usize, $crate::StoreError> {
                self.$field.forget_retired(shards, until_ms, limit).await
            }
        }
    };
    (@ LogStore $type:ty, $field:ident) => {
        #[::async_trait::async_trait]
        impl $crate::LogStore for $type {
            fn relays(&self) -> bool {
                self.$field.relays()
            }
            async fn log_shards(&self, of: &::pizza_types::ShardSet) -> ::std::result::Result<Vec<::pizza_types::ShardId>, $crate::StoreError> {
                self.$field.log_shards(of).await
            }
            async fn log(
                &self,
                shard: ::pizza_types::ShardId,
                after: u64,
                limit: usize,
            ) -> ::std::result::Result<Vec<$crate::LogEntry>, $crate::StoreError> {
                self.$field.log(shard, after, limit).await
            }
            async fn relay(
                &self,
                entries: &[$crate::LogEntry],
            ) -> ::std::result::Result<(), $crate::StoreError> {
                self.$field.relay(entries).await
            }
            async fn log_done(
                &self,
                keys: Vec<$crate::LogKey>,
            ) -> ::std::result::Result<(), $crate::StoreError> {
                self.$field.log_done(keys).await
            }
        }
    };
    (@ ReminderStore $type:ty, $field:ident) => {
        #[::async_trait::async_trait]
        impl $crate::ReminderStore for $type {
            async fn reminders_due(
                &self,
                of: &::pizza_types::ShardSet,
                after: &$crate::DueAfter,
                until_ms: u64,
                limit: usize,
            ) -> ::std::result::Result<Vec<$crate::DueReminder>, $crate::StoreError> {
                self.$field.reminders_due(of, after, until_ms, limit).await
            }
            async fn delayed(
                &self,
                of: &::pizza_types::ShardSet,
                after: Option<&$crate::DelayedKey>,
                limit: usize,
            ) -> ::std::result::Result<Vec<$crate::DelayedRow>, $crate::StoreError> {
                self.$field.delayed(of, after, limit).await
            }
            async fn delayed_done(
                &self,
                keys: Vec<$crate::DelayedKey>,
            ) -> ::std::result::Result<(), $crate::StoreError> {
                self.$field.delayed_done(keys).await
            }
        }
    };
    (@ StreamStore $type:ty, $field:ident) => {
        #[::async_trait::async_trait]
        impl $crate::StreamStore for $type {
            async fn events(
                &self,
                stream: &str,
                key: &str,
                after: u64,
                limit: usize,
            ) -> ::std::result::Result<Vec<$crate::StoredEvent>, $crate::StoreError> {
                self.$field.events(stream, key, after, limit).await
            }
            async fn stream_head(
                &self,
                stream: &str,
                key: &str,
            ) -> ::std::result::Result<u64, $crate::StoreError> {
                self.$field.stream_head(stream, key).await
            }
            async fn stream_heads(
                &self,
                shards: &::pizza_types::ShardSet,
                stream: &str,
            ) -> ::std::result::Result<Vec<(::std::sync::Arc<str>, u64)>, $crate::StoreError> {
                self.$field.stream_heads(shards, stream).await
            }
            async fn cursor(
                &self,
                subscriber: &str,
                stream: &str,
                key: &str,
            ) -> ::std::result::Result<u64, $crate::StoreError> {
                self.$field.cursor(subscriber, stream, key).await
            }
            async fn set_cursor(
                &self,
                subscriber: &str,
                stream: &str,
                key: &str,
                position: u64,
            ) -> ::std::result::Result<(), $crate::StoreError> {
                self.$field.set_cursor(subscriber, stream, key, position).await
            }
        }
    };
    (@ DeadLetterStore $type:ty, $field:ident) => {
        #[::async_trait::async_trait]
        impl $crate::DeadLetterStore for $type {
            async fn add_dead_letter(
                &self,
                letter: $crate::DeadLetter,
            ) -> ::std::result::Result<u64, $crate::StoreError> {
                self.$field.add_dead_letter(letter).await
            }
            async fn dead_letters(
                &self,
                after: u64,
                limit: usize,
            ) -> ::std::result::Result<Vec<$crate::StoredDeadLetter>, $crate::StoreError> {
                self.$field.dead_letters(after, limit).await
            }
            async fn dead_letter(
                &self,
                id: u64,
            ) -> ::std::result::Result<Option<$crate::DeadLetter>, $crate::StoreError> {
                self.$field.dead_letter(id).await
            }
            async fn remove_dead_letter(
                &self,
                id: u64,
            ) -> ::std::result::Result<bool, $crate::StoreError> {
                self.$field.remove_dead_letter(id).await
            }
        }
    };
    (@ FactStore $type:ty, $field:ident) => {
        #[::async_trait::async_trait]
        impl $crate::FactStore for $type {
            async fn fact(
                &self,
                name: &str,
            ) -> ::std::result::Result<Option<::bytes::Bytes>, $crate::StoreError> {
                self.$field.fact(name).await
            }
            async fn several_facts(
                &self,
                names: &[String],
            ) -> ::std::result::Result<Vec<Option<::bytes::Bytes>>, $crate::StoreError> {
                self.$field.several_facts(names).await
            }
            async fn change_facts(
                &self,
                changes: Vec<$crate::FactChange>,
            ) -> ::std::result::Result<(), $crate::StoreError> {
                self.$field.change_facts(changes).await
            }
            async fn change_facts_if(
                &self,
                name: &str,
                before: Option<&::bytes::Bytes>,
                changes: Vec<$crate::FactChange>,
            ) -> ::std::result::Result<bool, $crate::StoreError> {
                self.$field.change_facts_if(name, before, changes).await
            }
            async fn facts(
                &self,
                prefix: &str,
                after: Option<&str>,
                limit: usize,
            ) -> ::std::result::Result<Vec<(String, ::bytes::Bytes)>, $crate::StoreError> {
                self.$field.facts(prefix, after, limit).await
            }
        }
    };
    (@ InspectionStore $type:ty, $field:ident) => {
        #[::async_trait::async_trait]
        impl $crate::InspectionStore for $type {
            async fn actors(
                &self,
                actor_type: &str,
                after: Option<&str>,
                limit: usize,
            ) -> ::std::result::Result<Vec<::std::sync::Arc<str>>, $crate::StoreError> {
                self.$field.actors(actor_type, after, limit).await
            }
            async fn record(
                &self,
                actor: &::pizza_types::ActorId,
            ) -> ::std::result::Result<Option<$crate::ActorRecord>, $crate::StoreError> {
                self.$field.record(actor).await
            }
            async fn copy(
                &self,
                actor: &::pizza_types::ActorId,
            ) -> ::std::result::Result<Option<$crate::StoredActor>, $crate::StoreError> {
                self.$field.copy(actor).await
            }
            async fn inspect(
                &self,
                actor: &::pizza_types::ActorId,
                reminders_max: usize,
            ) -> ::std::result::Result<Option<$crate::Inspected>, $crate::StoreError> {
                self.$field.inspect(actor, reminders_max).await
            }
            async fn all_handled(
                &self,
                actor: &::pizza_types::ActorId,
                after: Option<::pizza_types::MessageId>,
                limit: usize,
            ) -> ::std::result::Result<Vec<$crate::HandledRow>, $crate::StoreError> {
                self.$field.all_handled(actor, after, limit).await
            }
        }
    };
    (@ Store $type:ty, $field:ident) => {
        #[::async_trait::async_trait]
        impl $crate::Store for $type {
            fn durability(&self) -> ::pizza_types::Durability {
                self.$field.durability()
            }
            fn backup(&self, created_ms: u64) -> ::std::result::Result<$crate::Backup, $crate::StoreError> {
                self.$field.backup(created_ms)
            }
            async fn expire(
                &self,
                shards: &::pizza_types::ShardSet,
                now_ms: u64,
                events: &$crate::Retention,
                limit: usize,
            ) -> ::std::result::Result<usize, $crate::StoreError> {
                self.$field.expire(shards, now_ms, events, limit).await
            }
        }
    };
}
