//! Where modules are kept: rows of the store, by digest.
//!
//! | name | row |
//! |---|---|
//! | `module/blob/DIGEST` | the component |
//! | `module/info/DIGEST` | [`Info`] |
//! | `module/plan/TYPE` | [`Plan`] of all silos |
//! | `module/plan/TYPE@SILO` | that of one silo, which goes before it |
//! | `module/audit/NUMBER` | [`Audit`] |

use std::sync::Arc;

use bytes::Bytes;
use pizza_store::{Store, StoreError};
use pizza_types::ModuleDigest;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::record::{Audit, Info, Plan};

const BLOB: &str = "module/blob/";
const INFO: &str = "module/info/";
const PLAN: &str = "module/plan/";
const AUDIT: &str = "module/audit/";
const PAGE: usize = 500;

pub(crate) struct Registry {
    store: Arc<dyn Store>,
}

impl Registry {
    pub(crate) fn new(store: Arc<dyn Store>) -> Self {
        Self { store }
    }

    pub(crate) fn store(&self) -> &Arc<dyn Store> {
        &self.store
    }

    /// Keeps the component. Its row of knowledge comes last: what has one is whole.
    pub(crate) async fn put(&self, info: &Info, wasm: Bytes) -> Result<(), StoreError> {
        let digest = info.digest;
        if self.info(digest).await?.is_none() {
            self.store
                .set_meta(&format!("{BLOB}{digest}"), wasm)
                .await?;
        }
        self.write(&format!("{INFO}{digest}"), info).await
    }

    pub(crate) async fn info(&self, digest: ModuleDigest) -> Result<Option<Info>, StoreError> {
        self.read(&format!("{INFO}{digest}")).await
    }

    /// The component, which must still be what its name says.
    pub(crate) async fn wasm(&self, digest: ModuleDigest) -> Result<Option<Bytes>, StoreError> {
        let wasm = self.store.meta(&format!("{BLOB}{digest}")).await?;
        match wasm {
            Some(wasm) if ModuleDigest::of(&wasm) != digest => Err(StoreError::Corrupt {
                detail: format!("module {digest} is not what its digest says"),
            }),
            wasm => Ok(wasm),
        }
    }

    /// Those whose digests start with `prefix`, in the order of their digests.
    pub(crate) async fn infos(&self, prefix: &str) -> Result<Vec<Info>, StoreError> {
        self.all(&format!("{INFO}{prefix}")).await
    }

    pub(crate) async fn plan(
        &self,
        actor_type: &str,
        silo: &str,
    ) -> Result<Option<Plan>, StoreError> {
        match self.read(&format!("{PLAN}{actor_type}@{silo}")).await? {
            Some(plan) => Ok(Some(plan)),
            None => self.read(&format!("{PLAN}{actor_type}")).await,
        }
    }

    /// Sets the plan of all silos, or of one.
    pub(crate) async fn set_plan(
        &self,
        actor_type: &str,
        silo: Option<&str>,
        plan: &Plan,
    ) -> Result<(), StoreError> {
        let name = match silo {
            Some(silo) => format!("{PLAN}{actor_type}@{silo}"),
            None => format!("{PLAN}{actor_type}"),
        };
        self.write(&name, plan).await
    }

    /// From now on the silo does as all do.
    pub(crate) async fn forget_own_plan(
        &self,
        actor_type: &str,
        silo: &str,
    ) -> Result<(), StoreError> {
        self.store
            .remove_meta(&format!("{PLAN}{actor_type}@{silo}"))
            .await
    }

    /// Types that have a plan for all silos.
    pub(crate) async fn types(&self) -> Result<Vec<String>, StoreError> {
        let mut types = Vec::new();
        for (name, _) in self.rows(PLAN).await? {
            let rest = name.strip_prefix(PLAN).unwrap_or_default();
            let actor_type = rest.split('@').next().unwrap_or_default();
            if types.last().is_none_or(|last| last != actor_type) {
                types.push(actor_type.to_owned());
            }
        }
        Ok(types)
    }

    /// Writes a line. Lines are numbered by time; two of one millisecond keep their order.
    pub(crate) async fn note(&self, line: &Audit) -> Result<(), StoreError> {
        let mut after = format!("{AUDIT}{:016}", line.at_ms);
        let taken = self.store.metas(&after, None, PAGE).await?;
        after.push_str(&format!(".{:04}", taken.len()));
        self.write(&after, line).await
    }

    /// The newest lines, newest first.
    pub(crate) async fn audit(
        &self,
        actor_type: Option<&str>,
        limit: usize,
    ) -> Result<Vec<Audit>, StoreError> {
        let mut lines: Vec<Audit> = self.all(AUDIT).await?;
        lines.retain(|line| actor_type.is_none_or(|wanted| wanted == line.actor_type));
        lines.reverse();
        lines.truncate(limit);
        Ok(lines)
    }

    async fn all<T: DeserializeOwned>(&self, prefix: &str) -> Result<Vec<T>, StoreError> {
        let rows = self.rows(prefix).await?;
        rows.iter().map(|(name, row)| decode(name, row)).collect()
    }

    async fn rows(&self, prefix: &str) -> Result<Vec<(String, Bytes)>, StoreError> {
        let mut rows: Vec<(String, Bytes)> = Vec::new();
        loop {
            let after = rows.last().map(|(name, _)| name.clone());
            let page = self.store.metas(prefix, after.as_deref(), PAGE).await?;
            let is_last = page.len() < PAGE;
            rows.extend(page);
            if is_last {
                return Ok(rows);
            }
        }
    }

    async fn read<T: DeserializeOwned>(&self, name: &str) -> Result<Option<T>, StoreError> {
        let row = self.store.meta(name).await?;
        row.map(|row| decode(name, &row)).transpose()
    }

    async fn write<T: Serialize>(&self, name: &str, row: &T) -> Result<(), StoreError> {
        let json = serde_json::to_vec(row).map_err(|error| StoreError::Io {
            action: "write a module's row",
            detail: error.to_string(),
        })?;
        self.store.set_meta(name, json.into()).await
    }
}

fn decode<T: DeserializeOwned>(name: &str, row: &[u8]) -> Result<T, StoreError> {
    serde_json::from_slice(row).map_err(|error| StoreError::Corrupt {
        detail: format!("{name}: {error}"),
    })
}
