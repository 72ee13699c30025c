//! Who is in, and who makes room for a newcomer.
//!
//! Whoever opens connections and says nothing costs little each, but takes the places of all
//! others. So a house that is full shows out whoever has been idle the longest and has shown
//! no token. Order is counted, not timed: the smallest number has waited the longest.

use std::collections::{BTreeMap, HashMap};
use std::net::{IpAddr, Ipv6Addr};
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Weak};
use std::time::Duration;

use parking_lot::Mutex;
use tokio::sync::Notify;

/// When nobody can be shown out, somebody may have become idle after this time.
const LOOK_AGAIN: Duration = Duration::from_millis(20);
/// Those who are shown out still have a descriptor each, so these have a bound, too.
const LEAVING_MAX: usize = 256;

/// Who is at the other end of a connection.
#[derive(Debug, Clone)]
pub struct Peer(Arc<Connection>);

#[derive(Debug)]
struct Connection {
    address: IpAddr,
    authenticated: AtomicBool,
    /// Requests in progress.
    requests: AtomicU32,
    /// Counts on `order`; means something while there are no requests.
    idle_since: AtomicU64,
    order: Arc<AtomicU64>,
    leaving: AtomicBool,
    /// From the first look on whether something lies unread in its socket.
    looked_at: AtomicBool,
    read: AtomicBool,
    shown_out: Notify,
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
            looked_at: AtomicBool::new(false),
            read: AtomicBool::new(false),
            shown_out: Notify::new(),
        }))
    }

    #[must_use]
    pub fn address(&self) -> IpAddr {
        self.0.address
    }

    /// It has shown a token that counts, and is not shown out any more.
    pub fn authenticated(&self) {
        // Most requests come on connections that are known already.
        if !self.0.authenticated.load(Ordering::Relaxed) {
            self.0.authenticated.store(true, Ordering::Relaxed);
        }
    }

    pub(crate) fn begins(&self) -> Busy {
        self.0.requests.fetch_add(1, Ordering::AcqRel);
        Busy(self.clone())
    }

    /// `None` while a request is in progress.
    pub(crate) fn idle_since(&self) -> Option<u64> {
        let is_idle = self.0.requests.load(Ordering::Acquire) == 0;
        is_idle.then(|| self.0.idle_since.load(Ordering::Acquire))
    }

    pub(crate) fn look_at(&self) {
        self.0.looked_at.store(true, Ordering::Relaxed);
    }

    pub(crate) fn is_looked_at(&self) -> bool {
        self.0.looked_at.load(Ordering::Relaxed)
    }

    pub(crate) fn note_read(&self, is_read: bool) {
        self.0.read.store(is_read, Ordering::Relaxed);
    }

    /// Whether nothing lay in the socket when it was read last.
    pub(crate) fn is_read(&self) -> bool {
        self.0.read.load(Ordering::Relaxed)
    }

    pub(crate) async fn shown_out(&self) {
        self.0.shown_out.notified().await;
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        let connection = &self.0.0;
        // Before the count: whoever sees no requests must see since when.
        let now = next(&connection.order);
        connection.idle_since.store(now, Ordering::Release);
        connection.requests.fetch_sub(1, Ordering::AcqRel);
    }
}

fn next(order: &AtomicU64) -> u64 {
    order.fetch_add(1, Ordering::Relaxed)
}

/// The places of all doors that share them.
pub(crate) struct Places {
    max: usize,
    per_address_max: usize,
    order: Arc<AtomicU64>,
    taken: Mutex<Taken>,
    freed: Notify,
}

#[derive(Default)]
struct Taken {
    everybody: Crowd,
    by_address: HashMap<IpAddr, Crowd>,
    /// Shown out, and not gone yet; they are in no crowd.
    leaving: usize,
}

/// A connection has it until it ends.
pub(crate) struct Place {
    pub(crate) peer: Peer,
    places: Arc<Places>,
}

enum Asked {
    Place(Place),
    /// Its address has all it may have, and uses it.
    Refused,
    Full,
}

impl Places {
    pub(crate) fn new(max: usize, per_address_max: usize) -> Arc<Self> {
        Arc::new(Self {
            max: max.max(1),
            per_address_max: per_address_max.max(1),
            order: Arc::new(AtomicU64::new(0)),
            taken: Mutex::default(),
            freed: Notify::new(),
        })
    }

    /// Waits while all places are taken by those who use them; `None` when this address
    /// uses as many as one may have.
    pub(crate) async fn enter(self: &Arc<Self>, address: IpAddr) -> Option<Place> {
        loop {
            let freed = self.freed.notified();
            match self.ask(address) {
                Asked::Place(place) => return Some(place),
                Asked::Refused => return None,
                Asked::Full => drop(tokio::time::timeout(LOOK_AGAIN, freed).await),
            }
        }
    }

    /// For those who were let in before the door closed: they are few, and nobody waits.
    pub(crate) fn squeeze_in(self: &Arc<Self>, address: IpAddr) -> Place {
        self.admit(&mut self.taken.lock(), address)
    }

    fn ask(self: &Arc<Self>, address: IpAddr) -> Asked {
        let mut taken = self.taken.lock();
        if taken.leaving >= LEAVING_MAX {
            return Asked::Full;
        }
        let share = taken.by_address.get_mut(&network(address));
        let over_share = share.filter(|share| share.count >= self.per_address_max);
        let makes_room = if let Some(share) = over_share {
            let Some(longest) = share.longest_idle(&self.order) else {
                return Asked::Refused;
            };
            Some(longest)
        } else if taken.everybody.count >= self.max {
            let Some(longest) = taken.everybody.longest_idle(&self.order) else {
                return Asked::Full;
            };
            Some(longest)
        } else {
            None
        };
        if let Some(peer) = makes_room {
            taken.left(peer.address());
            taken.leaving += 1;
            peer.0.leaving.store(true, Ordering::Relaxed);
            peer.0.shown_out.notify_one();
        }
        Asked::Place(self.admit(&mut taken, address))
    }

    fn admit(self: &Arc<Self>, taken: &mut Taken, address: IpAddr) -> Place {
        let peer = Peer::new(address, &self.order);
        taken.everybody.enter(&peer);
        let share = taken.by_address.entry(network(address)).or_default();
        share.enter(&peer);
        let places = Arc::clone(self);
        Place { peer, places }
    }
}

impl Taken {
    fn left(&mut self, address: IpAddr) {
        self.everybody.count -= 1;
        let address = network(address);
        if let Some(share) = self.by_address.get_mut(&address) {
            share.count -= 1;
            if share.count == 0 {
                self.by_address.remove(&address);
            }
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut taken = self.places.taken.lock();
        // It is only set under this lock.
        if self.peer.0.leaving.load(Ordering::Relaxed) {
            taken.leaving -= 1;
        } else {
            taken.left(self.peer.address());
        }
        drop(taken);
        self.places.freed.notify_waiters();
    }
}

/// Connections by how long they have been idle, brought up to date only when somebody has to
/// make room: a request costs nothing here.
#[derive(Default)]
struct Crowd {
    count: usize,
    /// By a number that is at most that of their idleness.
    queue: BTreeMap<u64, Weak<Connection>>,
}

impl Crowd {
    fn enter(&mut self, peer: &Peer) {
        self.count += 1;
        // Those who have gone by themselves are still in the queue.
        if self.queue.len() > 2 * self.count + 64 {
            self.queue.retain(|_, gone| gone.strong_count() > 0);
        }
        let since = peer.0.idle_since.load(Ordering::Acquire);
        self.queue.insert(since, Arc::downgrade(&peer.0));
    }

    /// Takes out whoever has been idle the longest and has shown no token.
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

/// Whoever has one IPv6 address has 2^64 of them.
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

    fn ask(places: &Arc<Places>, last: u8) -> Option<Place> {
        match places.ask(IpAddr::from([192, 0, 2, last])) {
            Asked::Place(place) => Some(place),
            Asked::Refused | Asked::Full => None,
        }
    }

    fn is_shown_out(place: &Place) -> bool {
        place.peer.0.leaving.load(Ordering::Relaxed)
    }

    #[test]
    fn whoever_has_been_idle_the_longest_makes_room() {
        let places = Places::new(3, 3);
        let [first, second, third] = [1, 2, 3].map(|last| ask(&places, last).expect("a place"));
        // The first one asks something, and is the last to have been idle.
        drop(first.peer.begins());
        let fourth = ask(&places, 4).expect("room is made");
        assert_eq!(
            [&first, &second, &third].map(is_shown_out),
            [false, true, false]
        );
        // Those who are at work or have shown a token stay.
        let at_work = third.peer.begins();
        first.peer.authenticated();
        let fifth = ask(&places, 5).expect("room is made");
        assert!(is_shown_out(&fourth) && !is_shown_out(&third) && !is_shown_out(&first));
        fifth.peer.authenticated();
        assert!(ask(&places, 6).is_none(), "nobody is idle");
        drop(at_work);
        assert!(ask(&places, 6).is_some() && is_shown_out(&third));
    }

    #[test]
    fn one_address_has_its_share_and_makes_room_itself() {
        let places = Places::new(10, 2);
        let other = ask(&places, 1).expect("a place");
        let first = ask(&places, 2).expect("a place");
        let second = ask(&places, 2).expect("a place");
        let third = ask(&places, 2).expect("a place");
        assert!(is_shown_out(&first) && !is_shown_out(&other));
        let _at_work = [second.peer.begins(), third.peer.begins()];
        assert!(ask(&places, 2).is_none());
        drop((first, second));
        assert!(ask(&places, 2).is_some());
        let taken = places.taken.lock();
        assert_eq!((taken.everybody.count, taken.leaving), (2, 0));
    }

    #[test]
    fn those_who_are_gone_are_forgotten() {
        let places = Places::new(10, 10);
        for _ in 0..1_000 {
            drop(ask(&places, 1).expect("a place"));
        }
        let taken = places.taken.lock();
        assert!(taken.by_address.is_empty() && taken.everybody.queue.len() < 100);
    }
}
