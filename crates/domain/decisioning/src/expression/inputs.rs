//! The values that an application brings.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::Value;

/// Inputs by name.
///
/// They are few and read far more often than written, so they stand in a list sorted by a hash of the
/// name: a statement keeps the hashes of its inputs, and looking one up compares numbers and, once, the
/// name. In JSON an object of name to [`Value`], names in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Inputs {
    sorted: Vec<(Name, Value)>,
}

/// The name of an input with its hash, which decides the order of two different names first.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Name {
    hash: u64,
    text: Arc<str>,
}

impl Name {
    pub(super) fn new(text: Arc<str>) -> Name {
        Name { hash: hash(&text), text }
    }

    pub(super) fn text(&self) -> &Arc<str> {
        &self.text
    }
}

/// FNV-1a. It only saves comparing names, so one who finds two of a hash gains nothing.
fn hash(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

impl Inputs {
    /// The value of an input, if there is one.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.find(hash(name), name).ok().map(|index| &self.sorted[index].1)
    }

    /// The same for a name whose hash is known.
    pub(super) fn value_of(&self, name: &Name) -> Option<&Value> {
        self.find(name.hash, &name.text).ok().map(|index| &self.sorted[index].1)
    }

    /// Sets an input and returns the value that it had.
    pub fn insert(&mut self, name: impl Into<Arc<str>>, value: Value) -> Option<Value> {
        let name = Name::new(name.into());
        match self.find(name.hash, &name.text) {
            Ok(index) => Some(std::mem::replace(&mut self.sorted[index].1, value)),
            Err(index) => {
                self.sorted.insert(index, (name, value));
                None
            }
        }
    }

    /// Leaves an input without a value.
    pub fn remove(&mut self, name: &str) {
        if let Ok(index) = self.find(hash(name), name) {
            self.sorted.remove(index);
        }
    }

    /// Every input in the order of names.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Value)> {
        let mut all: Vec<(&str, &Value)> =
            self.sorted.iter().map(|(name, value)| (&*name.text, value)).collect();
        all.sort_unstable_by_key(|(name, _)| *name);
        all.into_iter()
    }

    /// How many inputs there are.
    pub fn len(&self) -> usize {
        self.sorted.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.sorted.is_empty()
    }

    fn find(&self, hash: u64, text: &str) -> Result<usize, usize> {
        self.sorted.binary_search_by(|(known, _)| {
            known.hash.cmp(&hash).then_with(|| (*known.text).cmp(text))
        })
    }
}

/// The last of several values for one name counts.
impl<N: Into<Arc<str>>> FromIterator<(N, Value)> for Inputs {
    fn from_iter<I: IntoIterator<Item = (N, Value)>>(pairs: I) -> Inputs {
        let by_name: BTreeMap<Name, Value> =
            pairs.into_iter().map(|(name, value)| (Name::new(name.into()), value)).collect();
        Inputs { sorted: by_name.into_iter().collect() }
    }
}

impl Serialize for Inputs {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_map(self.iter())
    }
}

impl<'de> Deserialize<'de> for Inputs {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Inputs, D::Error> {
        Ok(BTreeMap::<String, Value>::deserialize(from)?.into_iter().collect())
    }
}
