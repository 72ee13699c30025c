use super::*;
use crate::topic::covers;

/// Levels in all combinations, up to four of them.
fn paths(levels: &[&str]) -> Vec<String> {
    let mut all: Vec<String> = levels.iter().map(|level| (*level).to_owned()).collect();
    let mut last = all.clone();
    for _ in 0..3 {
        let longer = last.iter().filter(|path| !path.ends_with('#'));
        let longer = longer.flat_map(|path| levels.iter().map(move |l| format!("{path}/{l}")));
        last = longer.collect();
        all.extend(last.iter().cloned());
    }
    all
}

/// Numbers by chance, always the same.
struct Chance(u64);

impl Chance {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005);
        self.0 = self.0.wrapping_add(1);
        usize::try_from(self.0 >> 33).expect("31 bits") % end
    }
}

/// A tree, and the same paths in a list.
#[derive(Default)]
struct Pair {
    tree: TopicTree<String>,
    list: Vec<String>,
}

impl Pair {
    /// Adds the path, or takes another one away.
    fn change(&mut self, path: &str, chance: &mut Chance) {
        let (tree, list) = (&mut self.tree, &mut self.list);
        if chance.below(3) == 0 && !list.is_empty() {
            let path = list.swap_remove(chance.below(list.len()));
            assert_eq!(tree.remove(&path).as_deref(), Some(&path));
            assert!(tree.get(&path).is_none() && tree.remove(&path).is_none());
        } else if !list.iter().any(|other| other == path) {
            list.push(path.to_owned());
            assert_eq!(tree.get_or_insert(path, || path.to_owned()), path);
        }
        if let Some(path) = list.last() {
            assert_eq!(tree.get(path), Some(path));
            assert_eq!(tree.get_mut(path).as_deref(), Some(path));
        }
    }

    fn expected(&self, fits: impl Fn(&str) -> bool) -> Vec<&String> {
        let mut expected: Vec<&String> = self.list.iter().filter(|path| fits(path)).collect();
        expected.sort();
        expected
    }
}

#[test]
fn it_finds_what_a_look_at_each_path_finds() {
    let filters = paths(&["", "a", "aa", "$", "+", "#"]);
    let topics = paths(&["", "a", "aa", "$"]);
    let mut chance = Chance(1);
    let (mut of_filters, mut of_topics) = (Pair::default(), Pair::default());
    let mut found_count = 0;
    for _ in 0..5_000 {
        of_filters.change(&filters[chance.below(filters.len())], &mut chance);
        of_topics.change(&topics[chance.below(topics.len())], &mut chance);
        let topic = &topics[chance.below(topics.len())];
        let mut found = Vec::new();
        of_filters
            .tree
            .matching(topic, &mut |filter| found.push(filter));
        found.sort();
        let expected = of_filters.expected(|filter| covers(filter, topic));
        assert_eq!(found, expected, "{topic}");
        found_count += found.len();
        let filter = &filters[chance.below(filters.len())];
        let mut found = Vec::new();
        of_topics
            .tree
            .covered_by(filter, &mut |topic| found.push(topic));
        found.sort();
        let expected = of_topics.expected(|topic| covers(filter, topic));
        assert_eq!(found, expected, "{filter}");
        found_count += found.len();
    }
    assert!(found_count > 10_000, "{found_count}");
    for Pair { mut tree, list } in [of_filters, of_topics] {
        assert!(list.len() > 100, "{}", list.len());
        list.iter()
            .for_each(|path| assert!(tree.remove(path).is_some()));
        assert!(tree.is_empty());
    }
}

#[test]
fn a_deep_path_has_one_node() {
    let mut tree = TopicTree::default();
    for at in 0..64 {
        let levels: Vec<String> = (0..32).map(|n| format!("{at}-{n}")).collect();
        tree.get_or_insert(&levels.join("/"), || at);
    }
    assert_eq!(tree.root.below.iter().count(), 64);
    assert!(tree.root.below.iter().all(|node| node.below.is_empty()));
}

#[test]
fn thousands_below_one_node_stay_sorted() {
    let mut tree = TopicTree::default();
    let mut chance = Chance(1);
    let mut all: Vec<String> = (0..5_000).map(|n| format!("a/{n}/b")).collect();
    for n in (1..all.len()).rev() {
        all.swap(n, chance.below(n + 1));
    }
    for path in &all {
        tree.get_or_insert(path, || path.clone());
    }
    let mut found = Vec::new();
    tree.covered_by("a/+/b", &mut |path: &String| found.push(path.clone()));
    assert!(found.is_sorted() && found.len() == all.len());
    for path in &all {
        assert_eq!(tree.get(path), Some(path));
        tree.matching(path, &mut |found| assert_eq!(found, path));
    }
    for (at, path) in all.iter().enumerate() {
        assert_eq!(tree.remove(path).as_deref(), Some(path), "{at}");
        if let Some(next) = all.get(at + 1) {
            assert_eq!(tree.get(next), Some(next));
        }
    }
    assert!(tree.is_empty());
}
