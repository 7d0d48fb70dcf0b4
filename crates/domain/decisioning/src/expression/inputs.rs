//! The values that an application brings.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::Value;

/// Inputs by name. Few, and read far more often than written: a sorted list.
///
/// In JSON an object of name to [`Value`], names in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Inputs {
    sorted: Vec<(Arc<str>, Value)>,
}

impl Inputs {
    /// The value of an input, if there is one.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.find(name).ok().map(|index| &self.sorted[index].1)
    }

    /// Sets an input and returns the value that it had.
    pub fn insert(&mut self, name: impl Into<Arc<str>>, value: Value) -> Option<Value> {
        let name = name.into();
        match self.find(&name) {
            Ok(index) => Some(std::mem::replace(&mut self.sorted[index].1, value)),
            Err(index) => {
                self.sorted.insert(index, (name, value));
                None
            }
        }
    }

    /// Leaves an input without a value.
    pub fn remove(&mut self, name: &str) {
        if let Ok(index) = self.find(name) {
            self.sorted.remove(index);
        }
    }

    /// Every input in the order of names.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.sorted.iter().map(|(name, value)| (&**name, value))
    }

    /// How many inputs there are.
    pub fn len(&self) -> usize {
        self.sorted.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.sorted.is_empty()
    }

    fn find(&self, name: &str) -> Result<usize, usize> {
        self.sorted.binary_search_by(|(known, _)| (**known).cmp(name))
    }
}

/// The last of several values for one name counts.
impl<N: Into<Arc<str>>> FromIterator<(N, Value)> for Inputs {
    fn from_iter<I: IntoIterator<Item = (N, Value)>>(pairs: I) -> Inputs {
        let by_name: BTreeMap<Arc<str>, Value> =
            pairs.into_iter().map(|(name, value)| (name.into(), value)).collect();
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
