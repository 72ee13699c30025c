//! The demo city: streets, and the shortest way along them.

use std::sync::LazyLock;

use petgraph::algo::{astar, dijkstra};
use petgraph::graph::{EdgeIndex, EdgeReference, NodeIndex, UnGraph};
use petgraph::visit::EdgeRef as _;
use serde::Deserialize;
use thiserror::Error;

use crate::location::{Location, between, distance_m, offset_m};

/// The map of the demo city, bundled; the screens draw the same file.
const DEMO: &str = include_str!("demo-city.json");

/// Farther from any street than this is not in the city.
const OUTSIDE_M: f64 = 5_000.0;

/// Why there is no such city.
#[derive(Debug, Error)]
pub enum Error {
    #[error("there is no city {0:?}, only demo")]
    Unknown(String),
    #[error("the map is no JSON of a city: {0}")]
    Unreadable(#[from] serde_json::Error),
    #[error("{0} leads to a crossing that is not on the map")]
    LeadsNowhere(String),
    #[error("a city has streets")]
    NoStreets,
}

pub struct City {
    /// Crossings, and how many metres are between them.
    map: UnGraph<Location, f64>,
    /// The street name of each edge, by its index.
    names: Vec<String>,
}

#[derive(Deserialize)]
struct Drawn {
    nodes: Vec<Location>,
    streets: Vec<Street>,
}

#[derive(Deserialize)]
struct Street {
    name: String,
    /// Crossings, one after another.
    path: Vec<u32>,
}

/// The point of a street that is nearest to a location.
struct Snapped {
    location: Location,
    edge: EdgeIndex,
    off_m: f64,
}

impl City {
    /// The city of this name.
    ///
    /// # Errors
    /// When there is none of this name.
    pub fn named(name: &str) -> Result<Self, Error> {
        if name != "demo" {
            return Err(Error::Unknown(name.to_owned()));
        }
        Self::read(DEMO)
    }

    /// The demo city, which is read once.
    #[must_use]
    pub fn demo() -> &'static Self {
        static CITY: LazyLock<City> =
            LazyLock::new(|| City::read(DEMO).expect("the map is bundled, and a test reads it"));
        &CITY
    }

    fn read(text: &str) -> Result<Self, Error> {
        let drawn: Drawn = serde_json::from_str(text)?;
        let mut map = UnGraph::default();
        let mut names = Vec::new();
        for crossing in &drawn.nodes {
            map.add_node(*crossing);
        }
        for Street { name, path } in drawn.streets {
            for pair in path.windows(2) {
                let (a, b) = (NodeIndex::from(pair[0]), NodeIndex::from(pair[1]));
                let crossings = map.node_weight(a).zip(map.node_weight(b));
                let Some((from, to)) = crossings.map(|(a, b)| (*a, *b)) else {
                    return Err(Error::LeadsNowhere(name));
                };
                map.add_edge(a, b, distance_m(from, to));
                // In step with the edges of the graph: nothing is ever removed, so an index names
                // both.
                names.push(name.clone());
            }
        }
        if names.is_empty() {
            return Err(Error::NoStreets);
        }
        Ok(Self { map, names })
    }

    #[must_use]
    pub fn crossings(&self) -> usize {
        self.map.node_count()
    }

    /// A crossing by its number, whichever that is, and a street that leads to it.
    #[must_use]
    pub fn crossing(&self, number: usize) -> (Location, &str) {
        let node = NodeIndex::new(number % self.map.node_count());
        let mut streets = self.map.edges(node);
        let street = streets
            .next()
            .map_or("", |edge| &self.names[edge.id().index()]);
        (self.map[node], street)
    }

    #[must_use]
    pub fn contains(&self, location: Location) -> bool {
        self.off_street_m(location) < OUTSIDE_M
    }

    /// How many metres a location is from the nearest street.
    #[must_use]
    pub fn off_street_m(&self, location: Location) -> f64 {
        self.snap(location).off_m
    }

    /// The shortest way along the streets, from the point of a street that is nearest to
    /// one location to the one that is nearest to the other: A* (P. E. Hart, N. J. Nilsson and
    /// B. Raphael, 1968).
    #[must_use]
    pub fn route(&self, from: Location, to: Location) -> Vec<Location> {
        // An edge has two ends on each side: the shortest way is one of four.
        let (from, to) = (self.snap(from), self.snap(to));
        if from.edge == to.edge {
            return vec![from.location, to.location];
        }
        let mut best: Option<(f64, Vec<NodeIndex>)> = None;
        for first in self.ends(from.edge) {
            for last in self.ends(to.edge) {
                let goal = self.map[last];
                // The straight line is never longer than the streets, as A* wants its estimate.
                let straight = |node: NodeIndex| distance_m(self.map[node], goal);
                let length = |edge: EdgeReference<'_, f64>| *edge.weight();
                let found = astar(&self.map, first, |node| node == last, length, straight);
                let Some((length, nodes)) = found else {
                    continue;
                };
                let ends =
                    distance_m(from.location, self.map[first]) + distance_m(goal, to.location);
                let total = length + ends;
                if best.as_ref().is_none_or(|(shortest, _)| total < *shortest) {
                    best = Some((total, nodes));
                }
            }
        }
        let nodes = best.map_or_else(Vec::new, |(_, nodes)| nodes);
        let mut path = vec![from.location];
        path.extend(nodes.into_iter().map(|node| self.map[node]));
        path.push(to.location);
        // Within a decimetre is the same point, reached from two sides.
        path.dedup_by(|a, b| distance_m(*a, *b) < 0.1);
        path
    }

    /// From one location to each of others by the streets, in metres: to the nearest street,
    /// along the shortest way, and from there to the door. Infinite where no street leads. All of
    /// them cost two runs of Dijkstra's algorithm (E. W. Dijkstra, 1959), one from each end of
    /// the street where it begins.
    #[must_use]
    pub fn distances_m(&self, from: Location, to: &[Location]) -> Vec<f64> {
        let start = self.snap(from);
        let reached = self.ends(start.edge).map(|end| {
            let length = |edge: EdgeReference<'_, f64>| *edge.weight();
            let before = distance_m(start.location, self.map[end]);
            (before, dijkstra(&self.map, end, None, length))
        });
        let along = |goal: &Snapped| {
            if goal.edge == start.edge {
                return distance_m(start.location, goal.location);
            }
            let ends = self.ends(goal.edge).into_iter().flat_map(|end| {
                let behind = distance_m(self.map[end], goal.location);
                let lengths = reached.iter();
                lengths
                    .filter_map(move |(before, lengths)| Some(before + lengths.get(&end)? + behind))
            });
            ends.fold(f64::INFINITY, f64::min)
        };
        let distance = |to: &Location| {
            // Whoever is there need not go to the street and back.
            if *to == from {
                return 0.0;
            }
            let goal = self.snap(*to);
            start.off_m + along(&goal) + goal.off_m
        };
        to.iter().map(distance).collect()
    }

    fn ends(&self, edge: EdgeIndex) -> [NodeIndex; 2] {
        let ends = self.map.edge_endpoints(edge);
        let (a, b) = ends.expect("the index is of an edge of this map, which never loses one");
        [a, b]
    }

    fn snap(&self, location: Location) -> Snapped {
        let snapped = self.map.edge_indices().map(|edge| {
            let [a, b] = self.ends(edge).map(|node| self.map[node]);
            // The projection onto the street, as a part of it; the bound keeps a street of no
            // length from dividing by zero.
            let ((east, north), (x, y)) = (offset_m(a, b), offset_m(a, location));
            let part = (x * east + y * north) / (east * east + north * north).max(1e-9);
            let nearest = between(a, b, part.clamp(0.0, 1.0));
            Snapped {
                location: nearest,
                edge,
                off_m: distance_m(nearest, location),
            }
        });
        let nearest = snapped.min_by(|a, b| a.off_m.total_cmp(&b.off_m));
        nearest.expect("a city without streets is not read")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::location::moved;

    fn demo() -> City {
        City::named("demo").expect("it is bundled")
    }

    #[test]
    fn every_door_can_be_reached_along_the_streets() {
        let city = demo();
        let (kitchen, _) = city.crossing(0);
        assert!((150..=300).contains(&city.crossings()));
        for number in 1..city.crossings() {
            let (door, street) = city.crossing(number);
            assert!(!street.is_empty(), "{number}");
            let path = city.route(kitchen, door);
            assert_eq!(path.first(), Some(&kitchen));
            assert!(distance_m(path[path.len() - 1], door) < 0.5, "{number}");
            let length: f64 = path.windows(2).map(|leg| distance_m(leg[0], leg[1])).sum();
            let straight = distance_m(kitchen, door);
            assert!(length >= straight - 1.0, "{number}: {length} < {straight}");
            assert!(length < 3.0 * straight + 200.0, "{number}: {length}");
            for leg in path.windows(2) {
                let middle = between(leg[0], leg[1], 0.5);
                assert!(
                    city.off_street_m(middle) < 1.0,
                    "{number} leaves the streets"
                );
            }
        }
    }

    #[test]
    fn a_path_begins_in_the_middle_of_a_street() {
        let city = demo();
        let (a, b) = (city.crossing(0).0, city.crossing(1).0);
        let middle = moved(between(a, b, 0.5), 3.0, 0.0);
        let path = city.route(middle, b);
        assert_eq!(path.len(), 2, "{path:?}");
        assert!(distance_m(path[0], middle) < 5.0);
        assert!(city.contains(middle) && !city.contains((41.9, 12.5)));
    }

    #[test]
    fn a_street_leads_somewhere() {
        let nowhere = r#"{"nodes": [[1.0, 2.0]], "streets": [{"name": "Via", "path": [0, 1]}]}"#;
        assert!(City::read(nowhere).is_err());
        assert!(City::read(r#"{"nodes": [], "streets": []}"#).is_err());
        assert!(City::named("atlantis").is_err());
    }
}
