//! What an operator may set. Every field has a default; unknown fields are refused.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use pizza_guest::{Grant, Limits, Manifest, Reuse, TypeSettings};
use pizza_runtime::{Archive, BreakerLimits, NoArchive, Policy, Retry, Settings};
use pizza_store::Keep;
use pizza_types::Durability;
use serde::Deserialize;

use crate::archive::JsonLines;
pub use crate::cluster_config::ClusterConfig;
pub use crate::modules_config::ModulesConfig;
pub use crate::placement_config::PlacementConfig;

#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SiloConfig {
    /// The directory where everything durable lives.
    pub data: PathBuf,
    pub store: StoreConfig,
    /// The cluster that the silo belongs to; absent, it is alone on a store of its own.
    pub cluster: Option<ClusterConfig>,
    /// MiB of actor state in memory above which the least used actors leave first.
    pub memory_mib_max: usize,
    /// The number of undelivered messages between actors above which calls from outside are shed.
    pub outbox_pending_max: usize,
    /// The most Wasm instances alive at once, of all types together.
    pub instances_max: u32,
    /// Which modules are taken, and when one is taken back.
    pub modules: ModulesConfig,
    /// The settings of each actor type, by its name; a type that is not named has the usual ones.
    pub types: BTreeMap<String, TypeConfig>,
    /// Which silo of a cluster opens an actor, by its type; a type that is not named is placed by hash.
    pub placement: BTreeMap<String, PlacementConfig>,
    /// How long events are kept, for each key of a stream.
    pub events: EventsConfig,
    /// How long events of single streams are kept, where that differs, by the name of the stream.
    pub streams: BTreeMap<String, EventsConfig>,
    /// What becomes of actors whose time is over.
    pub retire: RetireConfig,
}

/// What becomes of actors that ended so long ago that their type's rule retires them.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RetireConfig {
    /// Where they are kept then.
    pub archive: ArchiveTo,
    /// The directory of the archive's files; absent: `archive` in the data directory.
    pub archive_dir: Option<PathBuf>,
    /// MiB of a file of the archive, after which another one is begun.
    pub archive_file_mib_max: u64,
    /// How long it is known of an actor that it is retired, in milliseconds.
    pub known_ms: u64,
}

/// Where actors are kept that leave the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ArchiveTo {
    /// In files of JSON lines.
    Files,
    /// Nowhere: they are gone.
    Off,
}

/// What is older, or beyond so many newer ones, is forgotten; but the newest of a key is
/// kept until the key has been silent for long, and everything until the actors that subscribe to it
/// have had it.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct EventsConfig {
    /// The age, in milliseconds, from which an event is forgotten.
    pub keep_ms: u64,
    /// The number of newest events that are kept.
    pub keep_events: u64,
    /// The silence, in milliseconds, after which a key is forgotten altogether, if no actor type
    /// subscribes to its stream.
    pub silent_ms: u64,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct StoreConfig {
    /// `fsync` survives power loss, `process` survives the death of the process.
    pub durability: Durability,
    /// MiB of memory for blocks of tables that were read.
    pub cache_mib: usize,
    /// MiB of the disk that are kept back for what was taken when the disk is found to be full.
    pub reserve_mib: usize,
    /// With fewer MiB free on the disk, what needs room is refused.
    pub free_mib_min: usize,
    /// How long a process whose store has stopped goes on saying so, in milliseconds, before it
    /// ends.
    pub stopped_grace_ms: u64,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TypeConfig {
    /// CPU time of one turn, in milliseconds.
    pub cpu_ms: u64,
    /// Linear memory of one instance, in MiB.
    pub memory_mib: usize,
    /// The largest state, in KiB.
    pub state_kib: usize,
    /// The most effects of one turn.
    pub effects: usize,
    /// The largest arguments or reply of one call, in KiB.
    pub transfer_kib: usize,
    /// The most instances at work at once, for each depth of the chain of calls.
    pub instances: u32,
    /// The most messages that wait for one actor.
    pub mailbox: usize,
    /// How long nobody must ask for an actor before it leaves memory, in milliseconds.
    pub idle_ms: u64,
    /// How long after its end an actor is retired, in milliseconds; 0: never. Absent, it is what
    /// comes with the type, which is never unless its manifest says more.
    pub retire_after_ms: Option<u64>,
    /// The longest that another actor waits for an answer of this type, in milliseconds; 0: as long
    /// as whoever asked that one waits. Absent, it is what comes with the type, which is that unless
    /// its manifest says more.
    pub answer_ms: Option<u64>,
    /// The most actors that wait in one chain of calls.
    pub chain_depth: usize,
    /// The number of failures after which a message without a caller becomes a dead letter.
    pub attempts: u32,
    /// The pause after the first failure, in milliseconds; it doubles with each, up to the
    /// longest.
    pub retry_first_ms: u64,
    pub retry_longest_ms: u64,
    /// The time for one delivery of a message without a caller, in milliseconds.
    pub delivery_ms: u64,
    /// The number of failed turns in a row, of all actors of the type, after which turns are
    /// refused; 0: they never are.
    pub breaker_failures: u32,
    /// Failures count together when they lie within this time, in milliseconds.
    pub breaker_window_ms: u64,
    /// How long turns are refused before one is tried, in milliseconds.
    pub breaker_open_ms: u64,
    /// Whether every turn gets a fresh instance, for code that is not trusted.
    pub fresh_instances: bool,
    /// Whether a turn is handed over in one call where the component takes it so; off, each goes
    /// through the exports of its contract, which does the same more slowly.
    pub whole_turns: bool,
    /// The settings that the module reads, by their names.
    pub config: BTreeMap<String, String>,
    /// What modules of this type may do beyond their own state, whatever they ask for; absent,
    /// they may do what they ask for.
    pub grant: Option<Manifest>,
}

impl Default for SiloConfig {
    fn default() -> Self {
        Self {
            data: PathBuf::from("./data"),
            store: StoreConfig::default(),
            cluster: None,
            memory_mib_max: 4_096,
            outbox_pending_max: 100_000,
            instances_max: 1_000,
            modules: ModulesConfig::default(),
            types: BTreeMap::new(),
            placement: BTreeMap::new(),
            events: EventsConfig::default(),
            streams: BTreeMap::new(),
            retire: RetireConfig::default(),
        }
    }
}

impl Default for RetireConfig {
    fn default() -> Self {
        Self {
            archive: ArchiveTo::Files,
            archive_dir: None,
            archive_file_mib_max: 64,
            known_ms: Settings::default().retired_keep_ms,
        }
    }
}

impl Default for EventsConfig {
    fn default() -> Self {
        let keep = Settings::default().events_keep;
        Self {
            keep_ms: keep.ms,
            keep_events: keep.events,
            silent_ms: keep.silent_ms,
        }
    }
}

impl EventsConfig {
    fn keep(self) -> Keep {
        Keep {
            ms: self.keep_ms,
            events: self.keep_events,
            silent_ms: self.silent_ms,
        }
    }
}

impl Default for StoreConfig {
    fn default() -> Self {
        Self {
            durability: Durability::Fsync,
            cache_mib: 16,
            reserve_mib: 64,
            free_mib_min: 96,
            stopped_grace_ms: 10_000,
        }
    }
}

impl Default for TypeConfig {
    fn default() -> Self {
        // Taken from where they apply, so that there is one place for each number.
        let (limits, policy) = (Limits::default(), Policy::default());
        Self {
            cpu_ms: limits.cpu_ms,
            memory_mib: limits.memory_bytes >> 20,
            state_kib: limits.state_bytes >> 10,
            effects: limits.effects,
            transfer_kib: limits.transfer_bytes >> 10,
            instances: limits.instances,
            mailbox: policy.mailbox_max,
            idle_ms: policy.idle_ms,
            retire_after_ms: policy.retire_after_ms,
            answer_ms: policy.answer_ms,
            chain_depth: policy.chain_depth_max,
            attempts: policy.retry.attempts_max,
            retry_first_ms: policy.retry.first_ms,
            retry_longest_ms: policy.retry.longest_ms,
            delivery_ms: policy.delivery_ms,
            breaker_failures: policy.breaker.failures_max,
            breaker_window_ms: policy.breaker.window_ms,
            breaker_open_ms: policy.breaker.open_ms,
            fresh_instances: false,
            whole_turns: true,
            config: BTreeMap::new(),
            grant: None,
        }
    }
}

impl SiloConfig {
    pub(crate) fn type_config(&self, actor_type: &str) -> TypeConfig {
        self.types.get(actor_type).cloned().unwrap_or_default()
    }

    /// What holds for the actors of a type.
    pub(crate) fn policy(&self, actor_type: &str) -> Policy {
        let placement = self.placement.get(actor_type).cloned();
        Policy {
            placement: placement.unwrap_or_default().0,
            ..self.type_config(actor_type).policy()
        }
    }

    pub(crate) fn archive(&self) -> Arc<dyn Archive> {
        let RetireConfig {
            archive,
            archive_dir,
            archive_file_mib_max,
            ..
        } = &self.retire;
        let dir = archive_dir.clone();
        match archive {
            ArchiveTo::Files => Arc::new(JsonLines::new(
                dir.unwrap_or_else(|| self.data.join("archive")),
                archive_file_mib_max << 20,
            )),
            ArchiveTo::Off => Arc::new(NoArchive),
        }
    }

    pub(crate) fn settings(&self) -> Settings {
        let streams = self.streams.iter();
        Settings {
            events_keep: self.events.keep(),
            streams_keep: streams
                .map(|(stream, config)| (stream.as_str().into(), config.keep()))
                .collect(),
            memory_bytes_max: self.memory_mib_max << 20,
            outbox_pending_max: self.outbox_pending_max,
            retired_keep_ms: self.retire.known_ms,
            moves_per_second: self.cluster.as_ref().map_or(0, |c| c.moves_per_second),
            ..Settings::default()
        }
    }
}

impl TypeConfig {
    pub(crate) fn type_settings(&self) -> TypeSettings {
        let reuse = if self.fresh_instances {
            Reuse::Fresh
        } else {
            // A guest that leaks memory gets a fresh one once in a while.
            Reuse::Warm { turns_max: 10_000 }
        };
        TypeSettings {
            limits: Limits {
                cpu_ms: self.cpu_ms,
                memory_bytes: self.memory_mib << 20,
                state_bytes: self.state_kib << 10,
                effects: self.effects,
                transfer_bytes: self.transfer_kib << 10,
                instances: self.instances,
                ..Limits::default()
            },
            config: self.config.clone(),
            reuse,
            grant: self.grant.clone().map_or(Grant::AsAsked, Grant::Within),
            whole_turns: self.whole_turns,
        }
    }

    fn policy(&self) -> Policy {
        Policy {
            mailbox_max: self.mailbox,
            idle_ms: self.idle_ms,
            retire_after_ms: self.retire_after_ms.filter(|ms| *ms > 0),
            answer_ms: self.answer_ms.filter(|ms| *ms > 0),
            chain_depth_max: self.chain_depth,
            retry: Retry {
                attempts_max: self.attempts,
                first_ms: self.retry_first_ms,
                longest_ms: self.retry_longest_ms,
            },
            delivery_ms: self.delivery_ms,
            breaker: BreakerLimits {
                failures_max: self.breaker_failures,
                window_ms: self.breaker_window_ms,
                open_ms: self.breaker_open_ms,
            },
            ..Policy::default()
        }
    }
}
