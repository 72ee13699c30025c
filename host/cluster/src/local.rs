//! A network within one process: silos that share it reach each other by a function call. What
//! does not arrive is up to whoever made it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use async_trait::async_trait;
use parking_lot::Mutex;
use pizza_types::{CellName, SiloId};

use crate::cells::CellRequest;
use crate::network::{CellNetwork, LinkError, Network, Request, Response, Service};

/// The silos of one process, and the links between them that are cut.
#[derive(Clone, Default)]
pub struct LocalNetwork(Arc<Mutex<Inside>>);

#[derive(Default)]
struct Inside {
    services: BTreeMap<SiloId, Arc<dyn Service>>,
    cut: BTreeSet<(SiloId, SiloId)>,
}

impl LocalNetwork {
    /// The network as this silo uses it.
    #[must_use]
    pub fn of(&self, me: &SiloId) -> Arc<dyn Network> {
        Arc::new(Link {
            me: me.clone(),
            network: self.clone(),
        })
    }

    /// From now on this silo can be asked.
    pub fn serve(&self, silo: &SiloId, service: Arc<dyn Service>) {
        self.0.lock().services.insert(silo.clone(), service);
    }

    /// It does not answer any more, nor does anybody hear of it.
    pub fn remove(&self, silo: &SiloId) {
        self.0.lock().services.remove(silo);
    }

    /// Nothing that `from` asks reaches `to`, nor does an answer come back, until it is mended.
    pub fn cut(&self, from: &SiloId, to: &SiloId) {
        self.0.lock().cut.insert((from.clone(), to.clone()));
    }

    pub fn mend(&self, from: &SiloId, to: &SiloId) {
        self.0.lock().cut.remove(&(from.clone(), to.clone()));
    }
}

struct Link {
    me: SiloId,
    network: LocalNetwork,
}

impl Link {
    fn is_cut(&self, to: &SiloId) -> bool {
        let inside = self.network.0.lock();
        let is_gone = |silo| !inside.services.contains_key(silo);
        is_gone(to) || is_gone(&self.me) || inside.cut.contains(&(self.me.clone(), to.clone()))
    }
}

#[async_trait]
impl Network for Link {
    async fn ask(&self, to: &SiloId, request: Request) -> Result<Response, LinkError> {
        let service = self.network.0.lock().services.get(to).cloned();
        let service = service.filter(|_| !self.is_cut(to));
        let Some(service) = service else {
            let (to, detail) = (to.clone(), "no link".to_owned());
            return Err(LinkError::NotSent { to, detail });
        };
        let response = service.answer(request).await;
        // A link that was cut meanwhile carries no answer.
        if self.is_cut(to) {
            let (to, detail) = (to.clone(), "the link was cut".to_owned());
            return Err(LinkError::Lost { to, detail });
        }
        Ok(response)
    }
}

/// Cells of one process. One that is cut off hears nobody.
#[derive(Clone, Default)]
pub struct LocalCells(Arc<Mutex<BTreeMap<CellName, Arc<dyn Service>>>>);

impl LocalCells {
    /// From now on this silo answers for its cell.
    pub fn serve(&self, cell: &CellName, service: Arc<dyn Service>) {
        self.0.lock().insert(cell.clone(), service);
    }

    /// From now on nobody does.
    pub fn remove(&self, cell: &CellName) {
        self.0.lock().remove(cell);
    }
}

#[async_trait]
impl CellNetwork for LocalCells {
    async fn ask(&self, cell: &CellName, request: CellRequest) -> Result<Response, LinkError> {
        let service = self.0.lock().get(cell).cloned();
        let service = service.ok_or_else(|| LinkError::NotSent {
            to: crate::cells::any_silo_of(cell),
            detail: "no link".to_owned(),
        })?;
        Ok(service.answer(Request::Cell(request)).await)
    }
}
