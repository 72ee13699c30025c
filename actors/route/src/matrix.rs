//! How far it is from each place to each other.

use pizza_streets::city::City;
use pizza_streets::location::Location;
use pizza_streets::road;

use crate::bindings::types::Basis;

/// What is farther from any street is not in the city.
const OFF_STREET_M_MAX: f64 = 300.0;

/// The places of one question, the first of which is where it begins.
pub struct Matrix {
    pub places: Vec<Location>,
    /// How all of the lengths were found: a mixture would not be comparable.
    pub basis: Basis,
    /// From each place, a row, to each, in metres.
    metres: Vec<Vec<f64>>,
}

impl Matrix {
    /// Along the streets, if all of the places are in the city and streets lead to all of them.
    #[must_use]
    pub fn of(city: &City, places: Vec<Location>) -> Self {
        let inside = |place: &Location| city.off_street_m(*place) <= OFF_STREET_M_MAX;
        if places.iter().all(inside) {
            let row = |from: &Location| city.distances_m(*from, &places);
            let metres: Vec<Vec<f64>> = places.iter().map(row).collect();
            if metres.iter().flatten().all(|metres| metres.is_finite()) {
                let basis = Basis::Streets;
                return Self {
                    places,
                    basis,
                    metres,
                };
            }
        }
        Self::straight(places)
    }

    fn straight(places: Vec<Location>) -> Self {
        let row = |from: &Location| {
            let lengths = places.iter().map(|to| road::about_m(*from, *to));
            lengths.collect()
        };
        let metres = places.iter().map(row).collect();
        Self {
            places,
            basis: Basis::StraightLine,
            metres,
        }
    }

    /// From one place to another by their numbers, which are those of `places`.
    #[must_use]
    pub fn metres(&self, from: usize, to: usize) -> f64 {
        self.metres[from][to]
    }

    /// How many stops there are behind the place where it begins.
    #[must_use]
    pub fn stops(&self) -> usize {
        self.places.len().saturating_sub(1)
    }

    /// From the first place through others, by their numbers, in metres.
    #[must_use]
    pub fn length_m(&self, through: &[usize]) -> f64 {
        let from = std::iter::once(&0).chain(through);
        from.zip(through).map(|(a, b)| self.metres(*a, *b)).sum()
    }
}
