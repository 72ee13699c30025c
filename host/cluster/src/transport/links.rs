//! The links of a silo to all others, at the addresses that the view has of them.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use parking_lot::Mutex;
use pizza_clock::Clock;
use pizza_types::SiloId;

use super::dial::Dial;
use super::link::{Beginning, Link};
use super::settings::Settings;
use super::waiting::not_sent;
use super::warnings::Warnings;
use crate::membership::Membership;
use crate::network::{LinkError, Network, Request, Response};

pub struct Links {
    membership: Arc<Membership>,
    dial: Arc<dyn Dial>,
    clock: Arc<dyn Clock>,
    settings: Settings,
    warnings: Arc<Warnings>,
    links: Mutex<BTreeMap<SiloId, Link>>,
}

impl Links {
    #[must_use]
    pub fn new(
        membership: Arc<Membership>,
        dial: Arc<dyn Dial>,
        clock: Arc<dyn Clock>,
        settings: Settings,
    ) -> Arc<Self> {
        Arc::new(Self {
            membership,
            dial,
            clock,
            settings,
            warnings: Arc::default(),
            links: Mutex::default(),
        })
    }

    fn link(&self, to: &SiloId) -> Result<Link, LinkError> {
        let known = self.membership.known();
        let mut links = self.links.lock();
        links.retain(|silo, link| known.view.members.contains_key(silo) && !link.has_ended());
        if let Some(link) = links.get(to) {
            return Ok(link.clone());
        }
        let member = known.view.members.get(to);
        let member = member.ok_or_else(|| not_sent(to, "it is not in the view"))?;
        let link = Link::begin(Beginning {
            me: self.membership.me().clone(),
            to: to.clone(),
            address: Arc::clone(&member.address),
            dial: Arc::clone(&self.dial),
            clock: Arc::clone(&self.clock),
            settings: self.settings,
            warnings: Arc::clone(&self.warnings),
        });
        links.insert(to.clone(), link.clone());
        Ok(link)
    }
}

#[async_trait]
impl Network for Links {
    async fn ask(&self, to: &SiloId, request: Request) -> Result<Response, LinkError> {
        // Taken before it is waited for: the lock is not held meanwhile.
        let link = self.link(to)?;
        link.ask(request).await
    }
}
