//! The keys that all gateways share, as this one knows them: the silos keep them.

use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::FutureExt as _;
use futures_util::future::{BoxFuture, Shared, WeakShared};
use parking_lot::{Mutex, RwLock};
use pizza_client::Client;
use pizza_client::edge_keys::EdgeKeys;
use pizza_edge::Secret;
use pizza_edge::sealed::SealingKey;
use pizza_http::problem::PASSES_MS;
use pizza_types::CallError;

use crate::problem::{self, Problem};

/// How long what a silo said is believed: a key that is to seal from now on is known to all soon.
const BELIEVED: Duration = Duration::from_secs(3_600);
/// How often a silo is asked at most on account of a key that is not known here. Anybody may send
/// one.
const ASK_AGAIN: Duration = Duration::from_secs(1);
/// What the key of an order's link follows from, beside the order: apart from whatever else is
/// derived from the same secret (BLAKE3, 2.3, `derive_key`).
const FOR_ORDERS: &str = "awesome-pizza 2026 key of the link of an order";
/// How many bytes of the hash such a key has: beyond guessing for anybody who has to ask.
const LINK_BYTES: usize = 16;

/// How long a silo may take to tell them: it answers at once, or has trouble of its own.
const WITHIN: Duration = Duration::from_secs(5);
/// How long an order that is made already waits for the key of its link.
const LINK_WITHIN: Duration = Duration::from_secs(1);

/// Keys, asked for when they are needed first.
#[derive(Default)]
pub(crate) struct Keys {
    known: RwLock<Option<Arc<Known>>>,
    /// The question that is under way: whoever comes meanwhile waits for its answer too, also where
    /// that is that there is none. It ends when nobody waits any more.
    asking: Mutex<Option<WeakShared<Question>>>,
}

type Question = BoxFuture<'static, Result<Arc<Known>, CallError>>;

pub(crate) struct Known {
    sealing: Vec<SealingKey>,
    of_orders: [u8; 32],
    since: Instant,
}

impl Keys {
    /// The keys as they are known.
    ///
    /// # Errors
    /// When no silo tells them.
    pub(crate) async fn get(&self, client: &Client) -> Result<Arc<Known>, Problem> {
        let keys = self.younger_than(BELIEVED, client).await;
        // Old ones open what they have sealed, for as long as nobody can say more.
        let known = || self.known.read().clone();
        keys.or_else(|error| known().ok_or(error)).map_err(|error| {
            tracing::warn!(%error, "the keys of sessions cannot be had");
            let detail = "who is signed in cannot be found out at the moment";
            Problem::new(problem::UNAVAILABLE, detail).retry_after_ms(PASSES_MS)
        })
    }

    /// The keys, asked for anew where `sealed` names one that is not among them: another gateway may
    /// have learned of it earlier.
    pub(crate) async fn for_opening(
        &self,
        client: &Client,
        sealed: &[u8],
    ) -> Result<Arc<Known>, Problem> {
        let keys = self.get(client).await?;
        if keys.sealing.iter().any(|key| key.is_named_by(sealed)) {
            return Ok(keys);
        }
        // What was known before does for whoever cannot be told more.
        Ok(self.younger_than(ASK_AGAIN, client).await.unwrap_or(keys))
    }

    /// The key of the order's link, for whoever has just made it: they have waited long enough, so
    /// that it is `None` where it cannot be had soon.
    pub(crate) async fn of_new_order(&self, client: &Client, id: &str) -> Option<Secret> {
        let keys = tokio::time::timeout(LINK_WITHIN, self.get(client)).await;
        Some(keys.ok()?.ok()?.of_order(id))
    }

    async fn younger_than(&self, age: Duration, client: &Client) -> Result<Arc<Known>, CallError> {
        if let Some(known) = self.known(age) {
            return Ok(known);
        }
        let known = self.question(|| ask(client.clone()).boxed()).await?;
        *self.known.write() = Some(Arc::clone(&known));
        Ok(known)
    }

    fn question(&self, ask: impl FnOnce() -> Question) -> Shared<Question> {
        let mut asking = self.asking.lock();
        let under_way = asking.as_ref().and_then(WeakShared::upgrade);
        if let Some(question) = under_way.filter(|question| question.peek().is_none()) {
            return question;
        }
        let question = ask().shared();
        *asking = question.downgrade();
        question
    }

    fn known(&self, age: Duration) -> Option<Arc<Known>> {
        let known = self.known.read().clone();
        known.filter(|known| known.since.elapsed() < age)
    }
}

async fn ask(client: Client) -> Result<Arc<Known>, CallError> {
    let asked = tokio::time::timeout(WITHIN, client.transport().edge_keys()).await;
    let keys = asked.unwrap_or_else(|_| {
        let detail = format!("no silo told its keys within {} s", WITHIN.as_secs());
        Err(CallError::Unreachable { detail })
    });
    Ok(Arc::new(Known::of(&keys?)))
}

impl Known {
    fn of(keys: &EdgeKeys) -> Self {
        let sealing = keys.sealing.iter();
        Self {
            sealing: sealing
                .map(|key| SealingKey::new(key.id, &key.secret.0))
                .collect(),
            of_orders: blake3::derive_key(FOR_ORDERS, &keys.lasting.0),
            since: Instant::now(),
        }
    }

    /// Seals by the newest key; `None` where there is none.
    pub(crate) fn seal(&self, purpose: &str, text: &[u8]) -> Option<Vec<u8>> {
        Some(self.sealing.first()?.seal(purpose, text))
    }

    pub(crate) fn open(&self, purpose: &str, sealed: &[u8]) -> Option<Vec<u8>> {
        self.sealing
            .iter()
            .find_map(|key| key.open(purpose, sealed))
    }

    /// What opens this order to whoever knows it.
    pub(crate) fn of_order(&self, id: &str) -> Secret {
        let hash = blake3::keyed_hash(&self.of_orders, id.as_bytes());
        let bytes = hash.as_bytes()[..LINK_BYTES].iter();
        Secret::from(bytes.map(|byte| format!("{byte:02x}")).collect::<String>())
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use futures_util::future::join_all;
    use tokio::sync::oneshot;

    use super::*;

    #[tokio::test]
    async fn whoever_comes_while_it_is_asked_hears_what_the_others_hear() {
        let (keys, asked) = (Keys::default(), Cell::new(0));
        let ask = || {
            asked.set(asked.get() + 1);
            let (answer, answered) = oneshot::channel::<()>();
            let question = async move {
                drop(answered.await);
                let detail = "it is pretended".to_owned();
                Err(CallError::Unreachable { detail })
            };
            (answer, question.boxed())
        };
        let (answer, question) = ask();
        let mut all = vec![keys.question(|| question)];
        all.extend((0..5).map(|_| keys.question(|| ask().1)));
        drop(answer);
        assert!(join_all(all).await.iter().all(Result::is_err));
        assert_eq!(asked.get(), 1);
        // Who comes later asks anew, and so does who comes when the others have given up.
        drop(keys.question(|| ask().1));
        drop(keys.question(|| ask().1));
        assert_eq!(asked.get(), 3);
    }
}
