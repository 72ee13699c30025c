//! Where modules are kept: rows of the store, by digest.
//!
//! | name | row |
//! |---|---|
//! | `module/blob/DIGEST` | the component |
//! | `module/info/DIGEST` | [`Info`] |
//! | `module/plan/TYPE` | [`Plan`] of all silos |
//! | `module/plan/TYPE@SILO` | that of one silo, which goes before it |
//! | `module/withdrawn/DIGEST` | [`Withdrawn`]; it stays when the module goes |
//! | `module/audit/NUMBER` | [`Audit`] |

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use futures_util::future::try_join;
use pizza_store::{FactChange, FactStore, StoreError};
use pizza_types::ModuleDigest;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::record::{Audit, Info, Plan, Withdrawn};

const BLOB: &str = "module/blob/";
const INFO: &str = "module/info/";
const PLAN: &str = "module/plan/";
const WITHDRAWN: &str = "module/withdrawn/";
const AUDIT: &str = "module/audit/";
/// The number of rows in one read; a store's page must not hold it up for long.
const PAGE: usize = 500;

pub(crate) struct Registry {
    store: Arc<dyn FactStore>,
    /// Who writes: several processes may write lines at one time.
    writer: String,
    /// The number of lines that this process has written.
    lines: AtomicU64,
    /// Held from the look whether a component is there to the write that stands on it.
    components: tokio::sync::Mutex<()>,
}

impl Registry {
    pub(crate) fn new(store: Arc<dyn FactStore>, writer: String) -> Self {
        Self {
            store,
            writer,
            lines: AtomicU64::new(0),
            components: tokio::sync::Mutex::default(),
        }
    }

    /// Keeps the component, what is known of it, and how it came, in one step.
    pub(crate) async fn put(
        &self,
        info: &Info,
        wasm: Bytes,
        line: &Audit,
    ) -> Result<(), StoreError> {
        let digest = info.digest;
        let mut rows = vec![
            set(format!("{INFO}{digest}"), info)?,
            set(self.next_line(line.at_ms), line)?,
        ];
        let _one = self.components.lock().await;
        // By its digest the component is there already, if anything is: megabytes not written.
        if self.info(digest).await?.is_none() {
            rows.push((format!("{BLOB}{digest}"), Some(wasm)));
        }
        self.store.change_facts(rows).await
    }

    pub(crate) async fn info(&self, digest: ModuleDigest) -> Result<Option<Info>, StoreError> {
        self.read(&format!("{INFO}{digest}")).await
    }

    /// The component, which must still be what its name says.
    pub(crate) async fn wasm(&self, digest: ModuleDigest) -> Result<Option<Bytes>, StoreError> {
        let wasm = self.store.fact(&format!("{BLOB}{digest}")).await?;
        match wasm {
            Some(wasm) if ModuleDigest::of(&wasm) != digest => Err(StoreError::Corrupt {
                detail: format!("module {digest} is not what its digest says"),
            }),
            wasm => Ok(wasm),
        }
    }

    /// The modules whose digests start with `prefix`, in the order of their digests.
    pub(crate) async fn infos(&self, prefix: &str) -> Result<Vec<Info>, StoreError> {
        self.all(&format!("{INFO}{prefix}")).await
    }

    pub(crate) async fn plan(
        &self,
        actor_type: &str,
        silo: &str,
    ) -> Result<Option<Plan>, StoreError> {
        let (own, of_all) = (
            format!("{PLAN}{actor_type}@{silo}"),
            format!("{PLAN}{actor_type}"),
        );
        // Both in one trip: few types have one of their own.
        let (own, of_all) = try_join(self.read(&own), self.read(&of_all)).await?;
        Ok(own.or(of_all))
    }

    /// The plan of each of some types as a silo follows it, by one read of the store.
    pub(crate) async fn plans_of(
        &self,
        types: &[String],
        silo: &str,
    ) -> Result<Vec<Result<Option<Plan>, StoreError>>, StoreError> {
        let own = types.iter().map(|of| format!("{PLAN}{of}@{silo}"));
        let of_all = types.iter().map(|of| format!("{PLAN}{of}"));
        let names: Vec<String> = own.chain(of_all).collect();
        let rows = self.store.several_facts(&names).await?;
        let plan = |at: usize| {
            let row = rows.get(at)?.as_ref()?;
            Some(decode(&names[at], row))
        };
        let plans = (0..types.len()).map(|of| plan(of).or_else(|| plan(types.len() + of)));
        Ok(plans.map(Option::transpose).collect())
    }

    /// The plans of a type: that of all silos, and that of each silo that has its own.
    pub(crate) async fn plans(&self, actor_type: &str) -> Result<Vec<Plan>, StoreError> {
        let mut plans: Vec<Plan> = self.all(&format!("{PLAN}{actor_type}@")).await?;
        plans.extend(self.read(&format!("{PLAN}{actor_type}")).await?);
        Ok(plans)
    }

    /// Forgets the component and what is known of it, and notes why, in one step.
    pub(crate) async fn remove(
        &self,
        digest: ModuleDigest,
        line: &Audit,
    ) -> Result<(), StoreError> {
        let rows = vec![
            (format!("{INFO}{digest}"), None),
            (format!("{BLOB}{digest}"), None),
            set(self.next_line(line.at_ms), line)?,
        ];
        let _one = self.components.lock().await;
        self.store.change_facts(rows).await
    }

    /// Sets the plan of all silos, which the silo `own` follows from now on, or that of
    /// `only` one; what it was set for is noted in the same step. Gives the plan's new
    /// version; nothing if the plan is not any more the one that this was made of, since another
    /// silo has changed it.
    pub(crate) async fn set_plan(
        &self,
        only: Option<&str>,
        own: &str,
        plan: &Plan,
        line: &Audit,
    ) -> Result<Option<u64>, StoreError> {
        let actor_type = &line.actor_type;
        let name = match only {
            Some(silo) => format!("{PLAN}{actor_type}@{silo}"),
            None => format!("{PLAN}{actor_type}"),
        };
        let now = self.plan(actor_type, only.unwrap_or(own)).await?;
        if now.is_some_and(|now| now.version != plan.version) {
            return Ok(None);
        }
        let before = self.store.fact(&name).await?;
        let next = next(plan, before.as_ref(), &name)?;
        let mut rows = vec![
            set(self.next_line(line.at_ms), line)?,
            set(name.clone(), &next)?,
        ];
        if only.is_none() {
            // Its own plan would go before the one that is meant for all.
            rows.push((format!("{PLAN}{actor_type}@{own}"), None));
        }
        let changed = self.store.change_facts_if(&name, before.as_ref(), rows);
        Ok(changed.await?.then_some(next.version))
    }

    /// Sets the plan of all silos, unless another silo has changed it since this one was made of it; a
    /// silo that has its own plan keeps that.
    pub(crate) async fn keep_plan(&self, actor_type: &str, plan: &Plan) -> Result<(), StoreError> {
        let name = format!("{PLAN}{actor_type}");
        let before = self.store.fact(&name).await?;
        let row = set(name.clone(), &next(plan, before.as_ref(), &name)?)?;
        let changed = self
            .store
            .change_facts_if(&name, before.as_ref(), vec![row]);
        changed.await.map(drop)
    }

    /// The notes on all modules and plugins that are not to serve, by their digests.
    pub(crate) async fn all_withdrawn(&self) -> Result<HashMap<String, Withdrawn>, StoreError> {
        let rows = self.rows(WITHDRAWN).await?.into_iter();
        let notes = rows.map(|(name, row)| {
            let digest = name.strip_prefix(WITHDRAWN).unwrap_or_default();
            Ok((digest.to_owned(), decode(&name, &row)?))
        });
        notes.collect()
    }

    pub(crate) async fn withdrawn(
        &self,
        digest: ModuleDigest,
    ) -> Result<Option<Withdrawn>, StoreError> {
        withdrawn(&*self.store, digest).await
    }

    /// Withdraws a module, or takes that back with `None`; noted in the same step.
    pub(crate) async fn set_withdrawn(
        &self,
        digest: ModuleDigest,
        withdrawn: Option<&Withdrawn>,
        line: &Audit,
    ) -> Result<(), StoreError> {
        let name = format!("{WITHDRAWN}{digest}");
        let row = match withdrawn {
            Some(withdrawn) => set(name, withdrawn)?,
            None => (name, None),
        };
        let line = set(self.next_line(line.at_ms), line)?;
        self.store.change_facts(vec![row, line]).await
    }

    /// The types that have a plan.
    pub(crate) async fn types(&self) -> Result<Vec<String>, StoreError> {
        let mut types = Vec::new();
        for (name, _) in self.rows(PLAN).await? {
            let rest = name.strip_prefix(PLAN).unwrap_or_default();
            let actor_type = rest.split('@').next().unwrap_or_default();
            // Names come in order, so those of one type are neighbours.
            if types.last().is_none_or(|last| last != actor_type) {
                types.push(actor_type.to_owned());
            }
        }
        Ok(types)
    }

    /// Writes a line of the audit log that belongs to no change.
    pub(crate) async fn note(&self, line: &Audit) -> Result<(), StoreError> {
        let row = set(self.next_line(line.at_ms), line)?;
        self.store.change_facts(vec![row]).await
    }

    /// The name of the next line. Lines are named by their time; two of one millisecond keep
    /// their order.
    fn next_line(&self, at_ms: u64) -> String {
        let line = self.lines.fetch_add(1, Ordering::Relaxed);
        // Leading zeros, because names are in the order of their bytes.
        format!("{AUDIT}{at_ms:016}.{line:08}.{}", self.writer)
    }

    /// The newest lines with their numbers, newest first; of those after a number, where one is given.
    pub(crate) async fn audit(
        &self,
        actor_type: Option<&str>,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<(String, Audit)>, StoreError> {
        let after = after.map(|number| format!("{AUDIT}{number}"));
        let rows = self.rows_after(AUDIT, after).await?.into_iter().rev();
        let mut lines = Vec::new();
        for (name, row) in rows {
            let line: Audit = decode(&name, &row)?;
            if actor_type.is_none_or(|wanted| wanted == line.actor_type) {
                let number = name.strip_prefix(AUDIT).unwrap_or_default();
                lines.push((number.to_owned(), line));
            }
            if lines.len() >= limit {
                break;
            }
        }
        Ok(lines)
    }

    async fn all<T: DeserializeOwned>(&self, prefix: &str) -> Result<Vec<T>, StoreError> {
        let rows = self.rows(prefix).await?;
        rows.iter().map(|(name, row)| decode(name, row)).collect()
    }

    async fn rows(&self, prefix: &str) -> Result<Vec<(String, Bytes)>, StoreError> {
        self.rows_after(prefix, None).await
    }

    async fn rows_after(
        &self,
        prefix: &str,
        mut after: Option<String>,
    ) -> Result<Vec<(String, Bytes)>, StoreError> {
        let mut rows: Vec<(String, Bytes)> = Vec::new();
        loop {
            let page = self.store.facts(prefix, after.as_deref(), PAGE).await?;
            let is_last = page.len() < PAGE;
            rows.extend(page);
            if is_last {
                return Ok(rows);
            }
            after = rows.last().map(|(name, _)| name.clone());
        }
    }

    async fn read<T: DeserializeOwned>(&self, name: &str) -> Result<Option<T>, StoreError> {
        let row = self.store.fact(name).await?;
        row.map(|row| decode(name, &row)).transpose()
    }
}

/// Whether a module or a plugin is not to serve any more.
///
/// # Errors
/// When the store cannot be read.
pub async fn withdrawn(
    store: &dyn FactStore,
    digest: ModuleDigest,
) -> Result<Option<Withdrawn>, StoreError> {
    let name = format!("{WITHDRAWN}{digest}");
    let row = store.fact(&name).await?;
    row.map(|row| decode(&name, &row)).transpose()
}

fn set<T: Serialize>(name: String, row: &T) -> Result<FactChange, StoreError> {
    let json = serde_json::to_vec(row).map_err(|error| StoreError::Io {
        action: "write a module's row",
        detail: error.to_string(),
    })?;
    Ok((name, Some(json.into())))
}

fn decode<T: DeserializeOwned>(name: &str, row: &[u8]) -> Result<T, StoreError> {
    serde_json::from_slice(row).map_err(|error| StoreError::Corrupt {
        detail: format!("{name}: {error}"),
    })
}

/// The plan as it is kept: above what is there, which may be the plan of another scope.
fn next(plan: &Plan, before: Option<&Bytes>, name: &str) -> Result<Plan, StoreError> {
    let before: Option<Plan> = before.map(|row| decode(name, row)).transpose()?;
    let version = before.map_or(0, |before| before.version).max(plan.version);
    Ok(Plan {
        version: version + 1,
        ..plan.clone()
    })
}

#[cfg(test)]
mod tests {
    use async_trait::async_trait;
    use pizza_guest::Manifest;
    use pizza_store::MemoryStore;
    use tokio::sync::Semaphore;

    use super::*;

    /// One whose readers wait, with what they have read, until they may go on.
    struct Slow {
        store: MemoryStore,
        may_go_on: Semaphore,
        have_read: Semaphore,
    }

    #[async_trait]
    impl FactStore for Slow {
        async fn fact(&self, name: &str) -> Result<Option<Bytes>, StoreError> {
            let found = self.store.fact(name).await;
            self.have_read.add_permits(1);
            self.may_go_on.acquire().await.expect("open").forget();
            found
        }

        async fn change_facts(&self, changes: Vec<FactChange>) -> Result<(), StoreError> {
            self.store.change_facts(changes).await
        }

        async fn change_facts_if(
            &self,
            name: &str,
            before: Option<&Bytes>,
            changes: Vec<FactChange>,
        ) -> Result<bool, StoreError> {
            self.store.change_facts_if(name, before, changes).await
        }

        async fn facts(
            &self,
            prefix: &str,
            after: Option<&str>,
            limit: usize,
        ) -> Result<Vec<(String, Bytes)>, StoreError> {
            self.store.facts(prefix, after, limit).await
        }
    }

    #[tokio::test]
    async fn of_two_who_change_one_plan_the_second_is_refused() {
        let store = Arc::new(MemoryStore::new());
        let of = |silo: &str| Registry::new(Arc::clone(&store) as Arc<_>, silo.to_owned());
        let (one, two) = (of("one"), of("two"));
        let digests = [b"a", b"b", b"c"].map(|wasm| ModuleDigest::of(wasm));
        one.keep_plan("meter", &Plan::only(digests[0], 1))
            .await
            .expect("kept");
        let read = async |registry: &Registry| {
            let plan = registry.plan("meter", "one").await.expect("readable");
            plan.expect("there is one")
        };
        // Both have looked at the same plan.
        let (first, second) = (read(&one).await, read(&two).await);
        let set = async |registry: &Registry, silo, plan: Plan| {
            let line = line(plan.current);
            registry
                .set_plan(None, silo, &plan, &line)
                .await
                .expect("asked")
        };
        let version = set(&one, "one", first.succeeded_by(digests[1], 2)).await;
        assert_eq!(version, Some(first.version + 1));
        assert_eq!(
            set(&two, "two", second.succeeded_by(digests[2], 2)).await,
            None
        );
        assert_eq!(read(&two).await.current, digests[1]);
        // Who looks again is taken; and neither has written over the other's line.
        let again = read(&two).await.succeeded_by(digests[2], 3);
        assert_eq!(set(&two, "two", again).await, Some(first.version + 2));
        assert_eq!(one.audit(None, None, 10).await.expect("readable").len(), 2);
    }

    fn line(digest: ModuleDigest) -> Audit {
        Audit {
            at_ms: 0,
            actor_type: String::from("meter"),
            digest,
            what: String::from("pushed"),
            by: String::from("operator"),
            detail: String::new(),
        }
    }

    fn info(digest: ModuleDigest) -> Info {
        Info {
            digest,
            actor_type: String::from("meter"),
            bytes: 4,
            at_ms: 0,
            schema: 1,
            signed_by: None,
            signature: None,
            is_bundled: false,
            methods: Vec::new(),
            subscriptions: Vec::new(),
            manifest: Manifest::default(),
        }
    }

    #[tokio::test]
    async fn one_that_is_removed_while_it_comes_again_is_there_with_its_component_or_gone() {
        let slow = Arc::new(Slow {
            store: MemoryStore::new(),
            may_go_on: Semaphore::new(1),
            have_read: Semaphore::new(0),
        });
        let registry = Arc::new(Registry::new(Arc::clone(&slow) as Arc<_>, "one".to_owned()));
        let wasm = Bytes::from_static(b"wasm");
        let digest = ModuleDigest::of(&wasm);
        let put = || {
            let (registry, wasm) = (Arc::clone(&registry), wasm.clone());
            tokio::spawn(async move { registry.put(&info(digest), wasm, &line(digest)).await })
        };
        put().await.expect("a task").expect("kept");
        slow.have_read.acquire().await.expect("open").forget();

        let again = put();
        slow.have_read.acquire().await.expect("open").forget();
        let removing = tokio::spawn({
            let registry = Arc::clone(&registry);
            async move { registry.remove(digest, &line(digest)).await }
        });
        // Its chance to come in between.
        for _ in 0..100 {
            tokio::task::yield_now().await;
        }
        slow.may_go_on.add_permits(10);
        again.await.expect("a task").expect("kept");
        removing.await.expect("a task").expect("removed");
        let is_known = registry.info(digest).await.expect("readable").is_some();
        let has_component = registry.wasm(digest).await.expect("readable").is_some();
        assert_eq!(is_known, has_component);
    }
}
