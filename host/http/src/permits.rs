//! How many connections there may be, and which of them makes room for a new one.
//!
//! A client that opens connections and says nothing costs little by each, but takes the permits
//! of all others. So when there are none left, the connection is evicted that has been idle the
//! longest and whose client has shown no token. Order is counted, not timed: the smallest number
//! has waited the longest.

use std::collections::{BTreeMap, HashMap};
use std::net::{IpAddr, Ipv6Addr};
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Weak};
use std::time::Duration;

use parking_lot::Mutex;
use tokio::sync::Notify;

/// How long to wait, when none can be evicted, until one may have become idle.
const RECHECK_AFTER: Duration = Duration::from_millis(20);
/// The most evicted connections: they still have a descriptor each until they end.
const EVICTED_MAX: usize = 256;

/// The client at the other end of a connection.
#[derive(Debug, Clone)]
pub struct Peer(Arc<Connection>);

#[derive(Debug)]
struct Connection {
    address: IpAddr,
    authenticated: AtomicBool,
    /// How many requests are in progress.
    requests: AtomicU32,
    /// When it became idle, counted on `order`; it means something while there are no requests.
    idle_since: AtomicU64,
    order: Arc<AtomicU64>,
    leaving: AtomicBool,
    /// Whether its socket notes from now on if something lies in it unread.
    watched: AtomicBool,
    read: AtomicBool,
    /// Whether it speaks TLS.
    secured: AtomicBool,
    evicted: Notify,
}

/// While it lives, its connection has a request in progress.
pub(crate) struct Busy(Peer);

impl Peer {
    fn new(address: IpAddr, order: &Arc<AtomicU64>) -> Self {
        Self(Arc::new(Connection {
            address,
            authenticated: AtomicBool::new(false),
            requests: AtomicU32::new(0),
            idle_since: AtomicU64::new(next(order)),
            order: Arc::clone(order),
            leaving: AtomicBool::new(false),
            watched: AtomicBool::new(false),
            read: AtomicBool::new(false),
            secured: AtomicBool::new(false),
            evicted: Notify::new(),
        }))
    }

    #[must_use]
    pub fn address(&self) -> IpAddr {
        self.0.address
    }

    /// Notes that it has shown a token that counts, and is not evicted any more.
    pub fn authenticated(&self) {
        // Most requests come on connections that are known already.
        if !self.0.authenticated.load(Ordering::Relaxed) {
            self.0.authenticated.store(true, Ordering::Relaxed);
        }
    }

    /// Whether what is said on the connection is said by TLS.
    #[must_use]
    pub fn is_secured(&self) -> bool {
        self.0.secured.load(Ordering::Relaxed)
    }

    pub(crate) fn secured(&self) {
        self.0.secured.store(true, Ordering::Relaxed);
    }

    pub(crate) fn begin_request(&self) -> Busy {
        self.0.requests.fetch_add(1, Ordering::AcqRel);
        Busy(self.clone())
    }

    /// Since when it has been idle, counted on `order`; `None` while a request is in progress.
    pub(crate) fn idle_since(&self) -> Option<u64> {
        let is_idle = self.0.requests.load(Ordering::Acquire) == 0;
        is_idle.then(|| self.0.idle_since.load(Ordering::Acquire))
    }

    pub(crate) fn watch_unread(&self) {
        self.0.watched.store(true, Ordering::Relaxed);
    }

    pub(crate) fn is_watched(&self) -> bool {
        self.0.watched.load(Ordering::Relaxed)
    }

    pub(crate) fn note_read(&self, is_read: bool) {
        self.0.read.store(is_read, Ordering::Relaxed);
    }

    /// Whether nothing lay in the socket when it was read last.
    pub(crate) fn is_read(&self) -> bool {
        self.0.read.load(Ordering::Relaxed)
    }

    pub(crate) async fn evicted(&self) {
        self.0.evicted.notified().await;
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        let connection = &self.0.0;
        // Before the count: a thread that sees no requests must also see since when.
        let now = next(&connection.order);
        connection.idle_since.store(now, Ordering::Release);
        connection.requests.fetch_sub(1, Ordering::AcqRel);
    }
}

fn next(order: &AtomicU64) -> u64 {
    order.fetch_add(1, Ordering::Relaxed)
}

/// The permits of all listeners that share them.
pub(crate) struct Permits {
    max: usize,
    per_address_max: usize,
    order: Arc<AtomicU64>,
    held: Mutex<Held>,
    freed: Notify,
}

#[derive(Default)]
struct Held {
    all: IdleQueue,
    by_address: HashMap<IpAddr, IdleQueue>,
    /// How many are evicted and not gone yet; they are in no queue.
    leaving: usize,
}

/// The right to a connection, which has it until it ends.
pub(crate) struct Permit {
    pub(crate) peer: Peer,
    permits: Arc<Permits>,
}

enum Entry {
    Permit(Permit),
    /// The address has all the permits it may have, and uses them.
    Refused,
    Full,
}

impl Permits {
    pub(crate) fn new(max: usize, per_address_max: usize) -> Arc<Self> {
        Arc::new(Self {
            max: max.max(1),
            per_address_max: per_address_max.max(1),
            order: Arc::new(AtomicU64::new(0)),
            held: Mutex::default(),
            freed: Notify::new(),
        })
    }

    /// Waits for a permit while all are held by those who use them; `None` when this address uses
    /// as many as one may have.
    pub(crate) async fn enter(self: &Arc<Self>, address: IpAddr) -> Option<Permit> {
        loop {
            let freed = self.freed.notified();
            match self.ask(address) {
                Entry::Permit(permit) => return Some(permit),
                Entry::Refused => return None,
                Entry::Full => {
                    // Whether it was woken or not, it looks again.
                    let _ = tokio::time::timeout(RECHECK_AFTER, freed).await;
                }
            }
        }
    }

    /// A permit for a connection that the system accepted before the listener closed: they are few,
    /// and none of them may wait.
    pub(crate) fn enter_regardless(self: &Arc<Self>, address: IpAddr) -> Permit {
        self.admit(&mut self.held.lock(), address)
    }

    fn ask(self: &Arc<Self>, address: IpAddr) -> Entry {
        let mut held = self.held.lock();
        // To evict faster than connections end would only pile them up.
        if held.leaving >= EVICTED_MAX {
            return Entry::Full;
        }
        // Its own address makes room first, so that one client cannot evict all others.
        let share = held.by_address.get_mut(&network(address));
        let over_share = share.filter(|share| share.count >= self.per_address_max);
        let evicted = if let Some(share) = over_share {
            let Some(longest) = share.longest_idle(&self.order) else {
                return Entry::Refused;
            };
            Some(longest)
        } else if held.all.count >= self.max {
            let Some(longest) = held.all.longest_idle(&self.order) else {
                return Entry::Full;
            };
            Some(longest)
        } else {
            None
        };
        if let Some(peer) = evicted {
            held.left(peer.address());
            held.leaving += 1;
            peer.0.leaving.store(true, Ordering::Relaxed);
            // The permit for it is kept if nobody waits yet, unlike with `notify_waiters`.
            peer.0.evicted.notify_one();
        }
        Entry::Permit(self.admit(&mut held, address))
    }

    fn admit(self: &Arc<Self>, held: &mut Held, address: IpAddr) -> Permit {
        let peer = Peer::new(address, &self.order);
        held.all.enter(&peer);
        let share = held.by_address.entry(network(address)).or_default();
        share.enter(&peer);
        let permits = Arc::clone(self);
        Permit { peer, permits }
    }
}

impl Held {
    fn left(&mut self, address: IpAddr) {
        self.all.count -= 1;
        let address = network(address);
        if let Some(share) = self.by_address.get_mut(&address) {
            share.count -= 1;
            // Else every address that ever came would be remembered.
            if share.count == 0 {
                self.by_address.remove(&address);
            }
        }
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        let mut held = self.permits.held.lock();
        // It is only set under this lock.
        if self.peer.0.leaving.load(Ordering::Relaxed) {
            held.leaving -= 1;
        } else {
            held.left(self.peer.address());
        }
        drop(held);
        // All of them: the one that is woken may be refused for its address.
        self.permits.freed.notify_waiters();
    }
}

/// Connections by how long they have been idle, brought up to date only when somebody has to
/// make room: a request costs nothing here.
#[derive(Default)]
struct IdleQueue {
    count: usize,
    /// The connections, by a number that is at most that of their idleness.
    queue: BTreeMap<u64, Weak<Connection>>,
}

impl IdleQueue {
    fn enter(&mut self, peer: &Peer) {
        self.count += 1;
        // Connections that have ended by themselves are still in the queue.
        if self.queue.len() > 2 * self.count + 64 {
            self.queue.retain(|_, gone| gone.strong_count() > 0);
        }
        let since = peer.0.idle_since.load(Ordering::Acquire);
        self.queue.insert(since, Arc::downgrade(&peer.0));
    }

    /// Takes out the connection that has been idle the longest, and whose client has shown no token.
    fn longest_idle(&mut self, order: &AtomicU64) -> Option<Peer> {
        let now = next(order);
        while let Some(first) = self.queue.first_entry().filter(|first| *first.key() < now) {
            let (noted, connection) = first.remove_entry();
            let Some(peer) = connection.upgrade().map(Peer) else {
                continue;
            };
            let stays = peer.0.authenticated.load(Ordering::Relaxed);
            if stays || peer.0.leaving.load(Ordering::Relaxed) {
                continue;
            }
            match peer.idle_since() {
                Some(since) if since == noted => return Some(peer),
                since => {
                    let since = since.unwrap_or_else(|| next(order));
                    self.queue.insert(since, connection);
                }
            }
        }
        None
    }
}

/// What counts as one address: a client with an address of IPv6 has 2^64 of them (RFC 4291, 2.5.4).
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => {
            let [a, b, c, d, ..] = v6.segments();
            Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0).into()
        }
        v4 => v4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(permits: &Arc<Permits>, last: u8) -> Option<Permit> {
        match permits.ask(IpAddr::from([192, 0, 2, last])) {
            Entry::Permit(permit) => Some(permit),
            Entry::Refused | Entry::Full => None,
        }
    }

    fn is_evicted(permit: &Permit) -> bool {
        permit.peer.0.leaving.load(Ordering::Relaxed)
    }

    #[test]
    fn the_connection_that_was_idle_the_longest_is_evicted() {
        let permits = Permits::new(3, 3);
        let [first, second, third] = [1, 2, 3].map(|last| ask(&permits, last).expect("a permit"));
        // The first one asks something, and is the last to have been idle.
        drop(first.peer.begin_request());
        let fourth = ask(&permits, 4).expect("room is made");
        assert_eq!(
            [&first, &second, &third].map(is_evicted),
            [false, true, false]
        );
        // Those who are at work or have shown a token stay.
        let at_work = third.peer.begin_request();
        first.peer.authenticated();
        let fifth = ask(&permits, 5).expect("room is made");
        assert!(is_evicted(&fourth) && !is_evicted(&third) && !is_evicted(&first));
        fifth.peer.authenticated();
        assert!(ask(&permits, 6).is_none(), "nobody is idle");
        drop(at_work);
        assert!(ask(&permits, 6).is_some() && is_evicted(&third));
    }

    #[test]
    fn one_address_has_its_share_and_evicted_itself() {
        let permits = Permits::new(10, 2);
        let other = ask(&permits, 1).expect("a permit");
        let first = ask(&permits, 2).expect("a permit");
        let second = ask(&permits, 2).expect("a permit");
        let third = ask(&permits, 2).expect("a permit");
        assert!(is_evicted(&first) && !is_evicted(&other));
        let _at_work = [second.peer.begin_request(), third.peer.begin_request()];
        assert!(ask(&permits, 2).is_none());
        drop((first, second));
        assert!(ask(&permits, 2).is_some());
        let held = permits.held.lock();
        assert_eq!((held.all.count, held.leaving), (2, 0));
    }

    #[test]
    fn those_who_are_gone_are_forgotten() {
        let permits = Permits::new(10, 10);
        for _ in 0..1_000 {
            drop(ask(&permits, 1).expect("a permit"));
        }
        let held = permits.held.lock();
        assert!(held.by_address.is_empty() && held.all.queue.len() < 100);
    }
}
