//! Where each part of the bundled, overlaid tree was written: which file, and where in it.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::pointer;

/// Places of the tree that were not written in the root file at the same pointer. What lies below a place follows it.
#[derive(Debug, Clone, Default)]
pub struct Origins {
    places: BTreeMap<String, Origin>,
}

/// A file, and a pointer in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    pub file: Arc<str>,
    pub pointer: String,
}

impl Origins {
    /// The value at `at` now comes, with all below it, from `origin`.
    pub fn record(&mut self, at: &str, origin: Origin) {
        self.forget(at);
        self.places.insert(at.to_owned(), origin);
    }

    /// Nothing known about `at` and what is below it holds any longer.
    pub fn forget(&mut self, at: &str) {
        if self.places.is_empty() {
            return;
        }
        self.places.remove(at);
        for key in self.below(at) {
            self.places.remove(&key);
        }
    }

    /// The origin recorded for exactly this place.
    pub fn exact(&self, at: &str) -> Option<&Origin> {
        self.places.get(at)
    }

    /// The origin of a pointer: that of the nearest recorded place above it, with the rest appended.
    pub fn find(&self, pointer: &str) -> Option<Origin> {
        let (place, origin) = self.nearest(pointer)?;
        let rest = &pointer[place.len()..];
        Some(Origin { file: origin.file.clone(), pointer: format!("{}{rest}", origin.pointer) })
    }

    /// The nearest recorded place above a pointer, or the pointer itself, and its origin.
    pub fn nearest<'p>(&self, pointer: &'p str) -> Option<(&'p str, &Origin)> {
        pointer::upwards(pointer).find_map(|place| Some((place, self.places.get(place)?)))
    }

    /// The element at `index` of the array at `array` is gone, and the `len - 1 - index` elements after it moved up.
    /// Elements that were never recorded come from `fallback`, the root file.
    pub fn shift(&mut self, array: &str, index: usize, len: usize, fallback: &Arc<str>) {
        self.forget(&format!("{array}/{index}"));
        for from in index + 1..len {
            let old = format!("{array}/{from}");
            let new = format!("{array}/{}", from - 1);
            let own = self.find(&old).unwrap_or_else(|| Origin { file: fallback.clone(), pointer: old.clone() });
            let moved: Vec<(String, Origin)> = self
                .below(&old)
                .into_iter()
                .filter_map(|key| Some((format!("{new}{}", &key[old.len()..]), self.places.remove(&key)?)))
                .collect();
            self.places.remove(&old);
            self.places.insert(new, own);
            self.places.extend(moved);
        }
    }

    fn below(&self, at: &str) -> Vec<String> {
        // `0` is the character after `/`: the range holds exactly the pointers that start with `at` and a slash.
        let range = self.places.range(format!("{at}/")..format!("{at}0"));
        range.map(|(key, _)| key.clone()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn origin(file: &str, pointer: &str) -> Origin {
        Origin { file: file.into(), pointer: pointer.to_owned() }
    }

    #[test]
    fn the_nearest_place_above_a_pointer_decides() {
        let mut origins = Origins::default();
        origins.record("/a", origin("one", ""));
        origins.record("/a/b", origin("two", "/x"));
        assert_eq!(origins.find("/a/b/c"), Some(origin("two", "/x/c")));
        assert_eq!(origins.find("/a/bc"), Some(origin("one", "/bc")));
        assert_eq!(origins.find("/b"), None);
        assert_eq!(origins.find(""), None);
    }

    #[test]
    fn a_newer_place_hides_older_ones_below_it() {
        let mut origins = Origins::default();
        origins.record("/a/b", origin("one", "/b"));
        origins.record("/a-b", origin("other", ""));
        origins.record("/a", origin("two", "/a"));
        assert_eq!(origins.find("/a/b"), Some(origin("two", "/a/b")));
        assert_eq!(origins.find("/a-b"), Some(origin("other", "")));
    }

    #[test]
    fn elements_behind_a_removed_one_keep_their_origin() {
        let mut origins = Origins::default();
        origins.record("/list/2/x", origin("overlay", "/actions/0/update/x"));
        origins.shift("/list", 0, 3, &"root".into());
        assert_eq!(origins.find("/list/0/y"), Some(origin("root", "/list/1/y")));
        assert_eq!(origins.find("/list/1/x"), Some(origin("overlay", "/actions/0/update/x")));
        assert_eq!(origins.find("/list/1/y"), Some(origin("root", "/list/2/y")));
    }
}
