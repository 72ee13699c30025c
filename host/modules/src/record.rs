//! What is kept of modules.

use pizza_types::ModuleDigest;
use serde::{Deserialize, Serialize};

use crate::sign::Signature;

/// A module that was taken: what is known of it without running it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Info {
    #[serde(with = "hex")]
    pub digest: ModuleDigest,
    pub actor_type: String,
    pub bytes: u64,
    pub at_ms: u64,
    /// The layout of the state that it writes.
    pub schema: u32,
    /// The name of the trusted key that signed it; `None` when none did.
    pub signed_by: Option<String>,
    /// The signature, to be checked again whenever the module is loaded; `None` when there is
    /// none.
    #[serde(default)]
    pub signature: Option<Signature>,
    pub is_bundled: bool,
    pub methods: Vec<String>,
    pub subscriptions: Vec<String>,
    /// What the module asks for.
    pub manifest: pizza_guest::Manifest,
}

/// What serves a type.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Plan {
    #[serde(with = "hex")]
    pub current: ModuleDigest,
    /// The module on trial; `None` when there is none. It is kept, and shown to clients, under
    /// the name that it had first.
    #[serde(rename = "trial")]
    pub canary: Option<Canary>,
    /// The modules that served before, the latest last.
    #[serde(with = "hex_list")]
    pub before: Vec<ModuleDigest>,
    /// The module that the program brought along when it started last; `None` when it had none.
    #[serde(with = "hex_option")]
    pub bundled: Option<ModuleDigest>,
    /// The date since which the current module serves, in milliseconds since the Unix epoch.
    pub since_ms: u64,
    /// Raised with each change, whoever makes it: of two who change one plan the second is refused.
    #[serde(default)]
    pub version: u64,
}

/// A module that serves a part of the keys, beside the one that serves the rest.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Canary {
    #[serde(with = "hex")]
    pub digest: ModuleDigest,
    /// The percentage of the keys, 0 to 100. With 0 it keeps only actors whose state nobody else
    /// can read.
    pub percent: f64,
}

/// A note that a module is not to serve any more, also when it is pushed again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Withdrawn {
    pub at_ms: u64,
    /// Who withdrew it: `operator`, `program` or `silo`, as in [`Audit`].
    pub by: String,
    pub why: String,
}

/// One line of the audit log.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Audit {
    pub at_ms: u64,
    pub actor_type: String,
    #[serde(with = "hex")]
    pub digest: ModuleDigest,
    /// What was done: `pushed`, `refused`, `activated`, `canary`, `rolled-back`, `dry-run`,
    /// `withdrawn`, `restored` or `removed`.
    pub what: String,
    /// Who wanted it: `operator`, `program`, or `silo` when it acted by itself.
    pub by: String,
    pub detail: String,
}

/// How many of a type's former modules are remembered. Each of them is kept, with its bytes.
pub(crate) const BEFORE_MAX: usize = 20;

impl Plan {
    /// The first plan of a type.
    #[must_use]
    pub fn only(current: ModuleDigest, since_ms: u64) -> Self {
        Self {
            current,
            canary: None,
            before: Vec::new(),
            bundled: None,
            since_ms,
            version: 0,
        }
    }

    /// The plan after `digest` has taken the place of what serves now.
    #[must_use]
    pub fn succeeded_by(&self, digest: ModuleDigest, now_ms: u64) -> Self {
        let mut before = self.before.clone();
        // Each once: going back and forth must not fill the list with two of them.
        before.retain(|old| *old != digest);
        if self.current != digest {
            before.push(self.current);
        }
        debug_assert!(
            !before.contains(&digest),
            "it serves, so it is not before itself"
        );
        let excess = before.len().saturating_sub(BEFORE_MAX);
        before.drain(..excess);
        Self {
            current: digest,
            canary: None,
            before,
            bundled: self.bundled,
            since_ms: now_ms,
            version: self.version,
        }
    }

    /// Every module that must be there for this plan to be carried out.
    pub fn digests(&self) -> impl Iterator<Item = ModuleDigest> {
        let canary = self.canary.iter().map(|canary| canary.digest);
        std::iter::once(self.current).chain(canary)
    }
}

mod hex {
    use pizza_types::ModuleDigest;
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub(super) fn serialize<S: Serializer>(
        digest: &ModuleDigest,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        to.collect_str(digest)
    }

    pub(super) fn deserialize<'d, D: Deserializer<'d>>(from: D) -> Result<ModuleDigest, D::Error> {
        String::deserialize(from)?.parse().map_err(D::Error::custom)
    }
}

mod hex_list {
    use pizza_types::ModuleDigest;
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub(super) fn serialize<S: Serializer>(
        digests: &[ModuleDigest],
        to: S,
    ) -> Result<S::Ok, S::Error> {
        to.collect_seq(digests.iter().map(ToString::to_string))
    }

    pub(super) fn deserialize<'d, D: Deserializer<'d>>(
        from: D,
    ) -> Result<Vec<ModuleDigest>, D::Error> {
        let texts = Vec::<String>::deserialize(from)?;
        let digests = texts
            .iter()
            .map(|text| text.parse().map_err(D::Error::custom));
        digests.collect()
    }
}

mod hex_option {
    use pizza_types::ModuleDigest;
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub(super) fn serialize<S: Serializer>(
        digest: &Option<ModuleDigest>,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        match digest {
            Some(digest) => to.collect_str(digest),
            None => to.serialize_none(),
        }
    }

    pub(super) fn deserialize<'d, D: Deserializer<'d>>(
        from: D,
    ) -> Result<Option<ModuleDigest>, D::Error> {
        let text = Option::<String>::deserialize(from)?;
        text.map(|text| text.parse().map_err(D::Error::custom))
            .transpose()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn digest(n: u8) -> ModuleDigest {
        ModuleDigest([n; 32])
    }

    #[test]
    fn a_plan_remembers_what_served_before_it() {
        let plan = Plan::only(digest(1), 0)
            .succeeded_by(digest(2), 1)
            .succeeded_by(digest(3), 2);
        assert_eq!(plan.before, [digest(1), digest(2)]);
        let back = plan.succeeded_by(digest(1), 3);
        assert_eq!(
            (back.current, back.before),
            (digest(1), vec![digest(2), digest(3)])
        );
        let again = plan.succeeded_by(digest(3), 4);
        assert_eq!(again.before, [digest(1), digest(2)], "it was there already");
    }

    #[test]
    fn rows_come_back_as_they_were() {
        let mut plan = Plan::only(digest(7), 5).succeeded_by(digest(8), 6);
        plan.bundled = Some(digest(7));
        let (digest, percent) = (digest(9), 12.5);
        plan.canary = Some(Canary { digest, percent });
        let text = serde_json::to_string(&plan).expect("JSON");
        // The name under which older programs wrote it, and under which clients know it.
        assert!(text.contains(r#""trial":{"digest""#), "{text}");
        assert_eq!(serde_json::from_str::<Plan>(&text).expect("a plan"), plan);
    }
}
