//! What a module says it needs, and what it is granted.
//!
//! A manifest is JSON in a custom section of the component, or of a core module inside it.
//! Without one, a module has its own state and log, the time and chance of its turn, and
//! nothing else. An operator may grant less than a manifest asks for, never more.

use serde::{Deserialize, Serialize};
use wasmparser::CustomSectionReader;

use crate::error::LoadError;
use crate::limits::Limits;

/// Name of the custom section.
pub const SECTION: &str = "silo:manifest";
/// A manifest is a page of text. It is read before anything is trusted, so it has a bound.
const MANIFEST_BYTES_MAX: usize = 64 << 10;

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub struct Manifest {
    /// The methods that the module may call, each `type.method` or `type.*`; `*` is everything.
    pub calls: Vec<String>,
    /// The names of the streams that the module may publish to; `*` is every stream.
    pub publishes: Vec<String>,
    /// Whether the module may read what the operator set for its type.
    pub config: bool,
    pub timers: bool,
    pub reminders: bool,
    /// Whether the module may ask the plugin that is bound to its actor.
    pub plugins: bool,
    pub limits: Wanted,
}

/// Bounds that the module asks to have below the usual ones; an absent one stays as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub struct Wanted {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cpu_ms: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub memory_mib: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub effects: Option<usize>,
}

impl Manifest {
    /// A manifest that allows everything, for modules that are part of a test and nothing else.
    #[must_use]
    pub fn everything() -> Self {
        let all = || vec!["*".to_owned()];
        Self {
            calls: all(),
            publishes: all(),
            config: true,
            timers: true,
            reminders: true,
            plugins: true,
            limits: Wanted::default(),
        }
    }

    #[must_use]
    pub fn may_call(&self, actor_type: &str, method: &str) -> bool {
        self.calls
            .iter()
            .any(|grant| covers(grant, actor_type, method))
    }

    #[must_use]
    pub fn may_publish(&self, stream: &str) -> bool {
        self.publishes
            .iter()
            .any(|name| name == "*" || name == stream)
    }

    /// The manifest that allows what both this one and `grant` allow.
    #[must_use]
    pub fn within(&self, grant: &Self) -> Self {
        let least = |a: Option<u64>, b: Option<u64>| match (a, b) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        };
        let small = |a: Option<usize>, b: Option<usize>| match (a, b) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        };
        let (ours, theirs) = (&self.limits, &grant.limits);
        Self {
            calls: both(&self.calls, &grant.calls, &|a, b| match a.split_once('.') {
                Some((actor_type, method)) => covers(b, actor_type, method),
                None => b == "*",
            }),
            publishes: both(&self.publishes, &grant.publishes, &|a, b| {
                b == "*" || a == b
            }),
            config: self.config && grant.config,
            timers: self.timers && grant.timers,
            reminders: self.reminders && grant.reminders,
            plugins: self.plugins && grant.plugins,
            limits: Wanted {
                cpu_ms: least(ours.cpu_ms, theirs.cpu_ms),
                memory_mib: small(ours.memory_mib, theirs.memory_mib),
                effects: small(ours.effects, theirs.effects),
            },
        }
    }

    /// Lowers the usual bounds to those of the manifest, where it has any that are lower.
    pub(crate) fn bound(&self, limits: &mut Limits) {
        let wanted = &self.limits;
        // No turn can be run in no time at all: zero would be a module that never works.
        limits.cpu_ms = limits.cpu_ms.min(wanted.cpu_ms.unwrap_or(u64::MAX).max(1));
        let memory = wanted
            .memory_mib
            .map_or(usize::MAX, |mib| mib.saturating_mul(1 << 20));
        limits.memory_bytes = limits.memory_bytes.min(memory);
        limits.effects = limits.effects.min(wanted.effects.unwrap_or(usize::MAX));
    }
}

/// The manifest's section among all others, wherever in the component it is.
#[derive(Default)]
pub(crate) struct Sections<'a>(Option<&'a [u8]>);

impl<'a> Sections<'a> {
    /// # Errors
    /// When there is a second manifest.
    pub(crate) fn add(&mut self, section: &CustomSectionReader<'a>) -> Result<(), LoadError> {
        if section.name() == SECTION && self.0.replace(section.data()).is_some() {
            return Err(LoadError::Manifest("there are two of them".to_owned()));
        }
        Ok(())
    }

    /// # Errors
    /// When it is too large, or not understood.
    pub(crate) fn manifest(self) -> Result<Manifest, LoadError> {
        let Some(json) = self.0 else {
            return Ok(Manifest::default());
        };
        if json.len() > MANIFEST_BYTES_MAX {
            let why = format!("{} bytes; at most {MANIFEST_BYTES_MAX}", json.len());
            return Err(LoadError::Manifest(why));
        }
        // Other languages write `5.0` where an integer is meant.
        let json = pizza_value::whole_numbers(json);
        serde_json::from_slice(&json).map_err(|error| LoadError::Manifest(error.to_string()))
    }
}

/// The entries of either list that the other one covers, sorted and each once.
fn both(a: &[String], b: &[String], covered: &dyn Fn(&str, &str) -> bool) -> Vec<String> {
    let of = |these: &[String], those: &[String]| -> Vec<String> {
        let inside = |one: &&String| those.iter().any(|other| covered(one, other));
        these.iter().filter(inside).cloned().collect()
    };
    // Both ways round: `a.*` here and `a.b` there meet in `a.b`, whichever list has which.
    let mut all = of(a, b);
    all.extend(of(b, a));
    all.sort();
    all.dedup();
    all
}

fn covers(grant: &str, actor_type: &str, method: &str) -> bool {
    match grant.split_once('.') {
        None => grant == "*",
        Some((granted, which)) => granted == actor_type && (which == "*" || which == method),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn manifest(calls: &[&str], publishes: &[&str]) -> Manifest {
        let names = |names: &[&str]| names.iter().map(ToString::to_string).collect();
        Manifest {
            calls: names(calls),
            publishes: names(publishes),
            ..Manifest::default()
        }
    }

    #[test]
    fn calls_are_granted_by_type_and_method() {
        let some = manifest(&["ledger.reserve", "lamp.*"], &["meter-events"]);
        for (actor_type, method, granted) in [
            ("ledger", "reserve", true),
            ("ledger", "close", false),
            ("lamp", "anything", true),
            ("lamps", "anything", false),
            ("meter", "create", false),
        ] {
            assert_eq!(
                some.may_call(actor_type, method),
                granted,
                "{actor_type}.{method}"
            );
        }
        assert!(some.may_publish("meter-events") && !some.may_publish("meter"));
        assert!(Manifest::everything().may_call("a", "b"));
        assert!(!Manifest::default().may_call("a", "b"));
    }

    #[test]
    fn an_operator_grants_no_more_than_is_asked_for() {
        let asked = manifest(&["lamp.take", "ledger.*"], &["a", "b"]);
        let grant = manifest(&["ledger.reserve", "lamp.*", "meter.*"], &["b", "c"]);
        let both = asked.within(&grant);
        assert_eq!(both.calls, ["lamp.take", "ledger.reserve"]);
        assert_eq!(both.publishes, ["b"]);
        assert_eq!(asked.within(&Manifest::everything()).calls, asked.calls);
        assert_eq!(asked.within(&Manifest::default()), Manifest::default());
    }
}
