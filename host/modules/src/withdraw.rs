//! A version that is not to come back: neither by hand nor by a rollback, unless that is said.

use pizza_types::ModuleDigest;

use crate::error::Refusal;
use crate::modules::{Inner, Modules};
use crate::record::Withdrawn;

/// The actor type in the audit log of a module that this silo does not know.
const UNKNOWN: &str = "unknown";

impl Modules {
    /// Says that the module must not serve any more. A whole digest may be withdrawn before the
    /// module has come, or after it has gone; plugins, too.
    ///
    /// # Errors
    /// When it serves now, or there is no such module.
    pub async fn withdraw(&self, digest: &str, why: &str) -> Result<ModuleDigest, Refusal> {
        let (digest, actor_type) = self.0.meant(digest).await?;
        let _one = self.0.changing.lock().await;
        let served = self.0.port.served(&actor_type);
        let serves = served.is_some_and(|served| {
            let canary = served.canary.iter().map(|(module, _)| module.digest());
            canary.chain([served.current.digest()]).any(|d| d == digest)
        });
        if serves {
            // Withdrawing says "never again"; what serves must go by a plan of its own first.
            return Err(Refusal::Serves(digest));
        }
        let why = why.to_owned();
        self.0
            .withdraw(digest, &actor_type, "operator", why)
            .await?;
        Ok(digest)
    }

    /// Lets a module that was withdrawn serve again.
    ///
    /// # Errors
    /// When it was not withdrawn.
    pub async fn restore(&self, digest: &str) -> Result<ModuleDigest, Refusal> {
        let (digest, actor_type) = self.0.meant(digest).await?;
        let Some(before) = self.0.registry.withdrawn(digest).await? else {
            return Err(Refusal::NotWithdrawn(digest.to_string()));
        };
        let detail = format!("it was withdrawn by {}: {}", before.by, before.why);
        let line = self
            .0
            .line(&actor_type, digest, "restored", "operator", detail);
        self.0.registry.set_withdrawn(digest, None, &line).await?;
        Ok(digest)
    }
}

impl Inner {
    pub(crate) async fn withdraw(
        &self,
        digest: ModuleDigest,
        actor_type: &str,
        by: &str,
        why: String,
    ) -> Result<(), Refusal> {
        let line = self.line(actor_type, digest, "withdrawn", by, why.clone());
        let withdrawn = Withdrawn {
            at_ms: line.at_ms,
            by: by.to_owned(),
            why,
        };
        let withdrawn = Some(&withdrawn);
        self.registry
            .set_withdrawn(digest, withdrawn, &line)
            .await?;
        Ok(())
    }

    /// # Errors
    /// When it was withdrawn, and nobody said that it is to serve all the same.
    pub(crate) async fn check_withdrawn(
        &self,
        digest: ModuleDigest,
        allowed: bool,
    ) -> Result<(), Refusal> {
        match self.registry.withdrawn(digest).await? {
            Some(withdrawn) if !allowed => Err(Refusal::Withdrawn { digest, withdrawn }),
            _ => Ok(()),
        }
    }

    /// The digest that is meant, and its type if the silo knows it.
    async fn meant(&self, digest: &str) -> Result<(ModuleDigest, String), Refusal> {
        match (self.find(digest).await, digest.parse()) {
            (Ok(info), _) => Ok((info.digest, info.actor_type)),
            // A whole digest is unmistakable, whether the silo has the module or not.
            (Err(Refusal::Unknown(_)), Ok(digest)) => Ok((digest, UNKNOWN.to_owned())),
            (Err(refusal), _) => Err(refusal),
        }
    }
}
