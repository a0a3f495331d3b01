//! Who may stay connected.

use std::{
    collections::HashMap,
    net::{IpAddr, Ipv6Addr},
    sync::{Arc, Mutex, MutexGuard, PoisonError, atomic::AtomicU64},
};

use tokio::sync::Semaphore;

use super::{
    limits::CallerLimits,
    peer::{Peer, Shares},
    share::Share,
};
use crate::telemetry::{ConnectionEnd, Metrics};

/// Health watches of one connection; a client has one for each service that it calls.
const WATCHES: usize = 8;
/// Reflection streams of one connection, and of all: each may make us hold the descriptors of a whole API.
const EXCHANGES: (usize, usize) = (8, 64);

/// The connections there are.
#[derive(Debug)]
pub(super) struct Room {
    limits: CallerLimits,
    metrics: Metrics,
    ticks: Arc<AtomicU64>,
    bytes: Arc<Semaphore>,
    answers: Arc<Semaphore>,
    watches: Arc<Semaphore>,
    exchanges: Arc<Semaphore>,
    present: Mutex<Present>,
}

#[derive(Debug, Default)]
struct Present {
    next: u64,
    peers: HashMap<u64, Arc<Peer>>,
    by_address: HashMap<IpAddr, usize>,
}

impl Room {
    pub(super) fn new(limits: CallerLimits, metrics: Metrics) -> Arc<Self> {
        let room = Arc::new(Room {
            metrics: metrics.clone(),
            ticks: Arc::default(),
            bytes: Arc::new(Semaphore::new(limits.bytes)),
            answers: Arc::new(Semaphore::new(limits.answers)),
            watches: Arc::new(Semaphore::new(limits.connections)),
            exchanges: Arc::new(Semaphore::new(EXCHANGES.1)),
            present: Mutex::default(),
            limits,
        });
        let observed = Arc::downgrade(&room);
        metrics.observe_connections(move || {
            let open = observed
                .upgrade()
                .map_or(0, |room| room.present().peers.len());
            i64::try_from(open).unwrap_or(i64::MAX)
        });
        room
    }

    /// A connection from this address, if there is a place for it or one can be made.
    pub(super) fn admit(self: &Arc<Self>, from: IpAddr) -> Option<Slot> {
        let address = self.counted(from);
        let mut present = self.present();
        let of_address = address.map_or(0, |address| present.of(address));
        let most = self.limits.connections_per_address;
        let found = if most > 0 && of_address >= most {
            present.cut_idle(|peer| peer.address == address)
        } else if present.peers.len() >= self.limits.connections {
            present.cut_idle(|_| true)
        } else {
            Some(false)
        };
        if found == Some(true) {
            self.metrics.connection_ended(ConnectionEnd::MadeRoom);
        }
        if found.is_none() {
            drop(present);
            self.metrics.connection_ended(ConnectionEnd::Refused);
            return None;
        }
        let shares = Shares {
            bytes: Share::new(self.limits.bytes_per_connection, &self.bytes),
            answers: Share::new(self.limits.answers_per_connection, &self.answers),
            watches: Share::new(WATCHES, &self.watches),
            exchanges: Share::new(EXCHANGES.0, &self.exchanges),
        };
        let peer = Arc::new(Peer::new(address, shares, &self.ticks));
        let id = present.enter(Arc::clone(&peer));
        drop(present);
        Some(Slot {
            room: Arc::clone(self),
            id,
            peer,
        })
    }

    /// Cuts off the connection that has been without a call for longest, if there is one.
    pub(super) fn make_room(&self) {
        if self.present().cut_idle(|_| true).is_some() {
            self.metrics.connection_ended(ConnectionEnd::MadeRoom);
        }
    }

    /// Cuts off those who do not take their answers. To be called twice in every `answer_time`.
    pub(super) fn look(&self) {
        for peer in self.present().peers.values() {
            if peer.stalls() {
                self.metrics.connection_ended(ConnectionEnd::Stalled);
                peer.cut.cancel();
            }
        }
    }

    /// The address by which a connection is counted; none if it is not counted.
    fn counted(&self, from: IpAddr) -> Option<IpAddr> {
        let from = from.to_canonical();
        let uncounted = &self.limits.uncounted;
        if uncounted.iter().any(|network| network.contains(&from)) {
            return None;
        }
        Some(match from {
            IpAddr::V4(_) => from,
            // Whoever has one address of IPv6 has 2^64 of them.
            IpAddr::V6(from) => Ipv6Addr::from_bits(from.to_bits() & (u128::MAX << 64)).into(),
        })
    }

    fn present(&self) -> MutexGuard<'_, Present> {
        self.present.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Present {
    fn of(&self, address: IpAddr) -> usize {
        self.by_address.get(&address).copied().unwrap_or(0)
    }

    fn enter(&mut self, peer: Arc<Peer>) -> u64 {
        let id = self.next;
        self.next += 1;
        if let Some(address) = peer.address {
            *self.by_address.entry(address).or_default() += 1;
        }
        self.peers.insert(id, peer);
        id
    }

    fn leave(&mut self, id: u64) -> Option<Arc<Peer>> {
        let peer = self.peers.remove(&id)?;
        if let Some(address) = peer.address
            && let Some(count) = self.by_address.get_mut(&address)
        {
            *count -= 1;
            if *count == 0 {
                self.by_address.remove(&address);
            }
        }
        Some(peer)
    }

    /// Cuts off the connection of this kind that has been without a call for longest. True if there is one, none if not.
    fn cut_idle(&mut self, among: impl Fn(&Peer) -> bool) -> Option<bool> {
        let idle = self.peers.iter().filter(|(_, peer)| among(peer));
        let idle = idle.filter_map(|(id, peer)| Some((peer.idle_since()?, *id)));
        let (_, id) = idle.min()?;
        self.leave(id)?.cut.cancel();
        Some(true)
    }
}

/// A place in the room, until it is dropped.
#[derive(Debug)]
pub(super) struct Slot {
    room: Arc<Room>,
    id: u64,
    pub(super) peer: Arc<Peer>,
}

impl Drop for Slot {
    fn drop(&mut self) {
        self.room.present().leave(self.id);
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::{super::methods::Kind, *};

    fn room(connections: usize, connections_per_address: usize) -> Arc<Room> {
        let mut limits = CallerLimits {
            connections,
            connections_per_address,
            ..CallerLimits::default()
        };
        limits.uncounted.push("198.51.100.0/24".parse().unwrap());
        Room::new(limits, Metrics::off())
    }

    fn from(address: &str) -> IpAddr {
        address.parse().unwrap()
    }

    #[test]
    fn the_connection_that_has_been_idle_for_longest_gives_way_and_none_with_a_call() {
        let room = room(3, 0);
        let first = room.admit(from("192.0.2.1")).unwrap();
        let second = room.admit(from("192.0.2.2")).unwrap();
        let third = room.admit(from("192.0.2.3")).unwrap();
        // Used since, so it is the second that goes.
        drop(first.peer.open(Kind::Unary, 0).unwrap());
        let fourth = room.admit(from("192.0.2.4")).unwrap();
        let cut = |place: &Slot| place.peer.cut.is_cancelled();
        assert!(cut(&second) && !cut(&first) && !cut(&third));
        // It ends a little later, and its place is not given away twice.
        drop(second);
        let calls: Vec<_> = [&first, &third, &fourth]
            .map(|place| place.peer.open(Kind::Unary, 0).unwrap())
            .into();
        assert!(room.admit(from("192.0.2.5")).is_none());
        drop(calls);
        assert!(room.admit(from("192.0.2.5")).is_some());
        assert_eq!(
            room.present().peers.len(),
            2,
            "the last was dropped at once"
        );
    }

    #[test]
    fn an_address_has_so_many_connections_and_makes_room_among_its_own() {
        let room = room(100, 2);
        for (same, counted) in [
            (["192.0.2.1", "192.0.2.1", "::ffff:192.0.2.1"], true),
            (["2001:db8::1", "2001:db8::2", "2001:db8:0:0:f::1"], true),
            (["192.0.2.1", "192.0.2.2", "192.0.2.3"], false),
            (["2001:db8::1", "2001:db8:0:1::1", "2001:db8:0:2::1"], false),
            (["127.0.0.1", "127.0.0.1", "::ffff:127.0.0.1"], false),
            (["::1", "::1", "::1"], false),
            (["198.51.100.7", "198.51.100.7", "198.51.100.7"], false),
        ] {
            let other = room.admit(from("203.0.113.9")).unwrap();
            let places = same.map(|address| room.admit(from(address)).unwrap());
            assert_eq!(places[0].peer.cut.is_cancelled(), counted, "{same:?}");
            assert!(!other.peer.cut.is_cancelled(), "{same:?}");
            drop((other, places));
            assert!(room.present().by_address.is_empty());
        }
    }

    #[test]
    fn an_answer_that_is_not_taken_cuts_the_connection_after_two_to_three_looks() {
        let room = room(9, 0);
        let place = room.admit(from("192.0.2.1")).unwrap();
        let answering = |kind| {
            let mut call = place.peer.open(kind, 0).unwrap();
            call.answers();
            call
        };
        let streams = [Kind::Stream, Kind::Watch].map(answering);
        for _ in 0..20 {
            let taken = answering(Kind::Unary);
            room.look();
            room.look();
            drop(taken);
        }
        assert!(!place.peer.cut.is_cancelled());
        let _waits = answering(Kind::Unary);
        room.look();
        room.look();
        assert!(!place.peer.cut.is_cancelled());
        room.look();
        assert!(place.peer.cut.is_cancelled());
        drop(streams);
    }

    #[test]
    fn watches_and_exchanges_are_limited_for_each_connection_and_in_all() {
        let room = room(9, 0);
        let places: Vec<_> = (0..9)
            .map(|_| room.admit(from("192.0.2.1")).unwrap())
            .collect();
        let open = |kind| {
            let many = places.iter().flat_map(|place| {
                (0..10)
                    .filter_map(|_| place.peer.open(kind, 0).ok())
                    .collect::<Vec<_>>()
            });
            many.collect::<Vec<_>>()
        };
        assert_eq!(open(Kind::Exchange).len(), EXCHANGES.1);
        assert_eq!(open(Kind::Watch).len(), room.limits.connections);
        assert_eq!(open(Kind::Unary).len(), 90);
    }
}
