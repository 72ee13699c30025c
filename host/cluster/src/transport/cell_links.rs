//! The links of a silo to other cells: to one silo of each at a time, at the addresses that an operator
//! gave.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use parking_lot::Mutex;
use pizza_clock::Clock;
use pizza_types::{CallError, CellName, SiloId};

use super::dial::Dial;
use super::link::{Beginning, Link};
use super::settings::Settings;
use super::waiting::not_sent;
use super::warnings::Warnings;
use crate::cells::{CellRequest, any_silo_of};
use crate::network::{CellNetwork, LinkError, Request, Response};

pub struct CellLinks {
    me: SiloId,
    dial: Arc<dyn Dial>,
    clock: Arc<dyn Clock>,
    settings: Settings,
    warnings: Arc<Warnings>,
    cells: BTreeMap<CellName, Cell>,
}

/// Another cell.
struct Cell {
    addresses: Vec<Arc<str>>,
    link: Mutex<Current>,
}

/// The link that is used, and which of the addresses it goes to.
#[derive(Default)]
struct Current {
    at: usize,
    link: Option<Link>,
}

impl CellLinks {
    /// `cells` has the addresses of each: host and port, where its silos serve other silos. One that
    /// answers is enough.
    #[must_use]
    pub fn new(
        me: SiloId,
        cells: BTreeMap<CellName, Vec<Arc<str>>>,
        dial: Arc<dyn Dial>,
        clock: Arc<dyn Clock>,
        settings: Settings,
    ) -> Arc<Self> {
        let cells = cells.into_iter().map(|(name, addresses)| {
            let link = Mutex::default();
            (name, Cell { addresses, link })
        });
        Arc::new(Self {
            me,
            dial,
            clock,
            settings,
            warnings: Arc::default(),
            cells: cells.collect(),
        })
    }

    /// The link that is used, and its place among the addresses.
    fn link(&self, to: &SiloId, cell: &Cell) -> Option<(Link, usize)> {
        let mut current = cell.link.lock();
        if let Some(link) = current.link.as_ref().filter(|link| !link.has_ended()) {
            return Some((link.clone(), current.at));
        }
        let address = cell.addresses.get(current.at)?;
        let link = Link::begin(Beginning {
            me: self.me.clone(),
            to: to.clone(),
            address: Arc::clone(address),
            dial: Arc::clone(&self.dial),
            clock: Arc::clone(&self.clock),
            settings: self.settings,
            warnings: Arc::clone(&self.warnings),
        });
        current.link = Some(link.clone());
        Some((link, current.at))
    }
}

impl Cell {
    /// The silo at this address does not answer, or is about to stop: the next one is asked from now
    /// on, unless somebody else has found so before.
    fn leave(&self, at: usize) {
        let mut current = self.link.lock();
        if current.at == at {
            current.at = (at + 1) % self.addresses.len().max(1);
            current.link = None;
        }
    }
}

#[async_trait]
impl CellNetwork for CellLinks {
    async fn ask(&self, cell: &CellName, request: CellRequest) -> Result<Response, LinkError> {
        let to = any_silo_of(cell);
        let unknown = || not_sent(&to, "no address of the cell is known");
        let of = self.cells.get(cell).ok_or_else(unknown)?;
        let mut last = Err(unknown());
        for _ in 0..of.addresses.len() {
            let Some((link, at)) = self.link(&to, of) else {
                break;
            };
            last = link.ask(Request::Cell(request.clone())).await;
            match &last {
                // Nothing was done there, and another silo may do it.
                Err(LinkError::NotSent { .. }) | Ok(Response::Refused(CallError::ShuttingDown)) => {
                    of.leave(at);
                }
                Err(LinkError::Lost { .. }) => {
                    of.leave(at);
                    break;
                }
                _ => break,
            }
        }
        last
    }
}
