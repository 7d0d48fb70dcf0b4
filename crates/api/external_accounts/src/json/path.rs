//! The path of a value in a body: `tag`, `phones[0].number`, `['a name with spaces']`.

/// Where the tokenizer is.
#[derive(Debug, Default)]
pub(super) struct Path(Vec<Step>);

#[derive(Debug)]
enum Step {
    /// In an object, at the member whose name was read last; at its beginning there is none.
    Member(Option<String>),
    /// In an array.
    Item(usize),
}

impl Path {
    pub(super) fn depth(&self) -> usize {
        self.0.len()
    }

    pub(super) fn enter_object(&mut self) {
        self.0.push(Step::Member(None));
    }

    pub(super) fn enter_array(&mut self) {
        self.0.push(Step::Item(0));
    }

    pub(super) fn leave(&mut self) {
        self.0.pop();
    }

    pub(super) fn at_member(&mut self, name: &str) {
        if let Some(Step::Member(member)) = self.0.last_mut() {
            *member = Some(name.to_owned());
        }
    }

    pub(super) fn at_item(&mut self, index: usize) {
        if let Some(Step::Item(item)) = self.0.last_mut() {
            *item = index;
        }
    }
}

impl std::fmt::Display for Path {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut is_first = true;
        for step in &self.0 {
            match step {
                Step::Member(None) => continue,
                Step::Member(Some(name)) if !is_plain(name) => write!(f, "['{name}']")?,
                Step::Member(Some(name)) if is_first => write!(f, "{name}")?,
                Step::Member(Some(name)) => write!(f, ".{name}")?,
                Step::Item(index) => write!(f, "[{index}]")?,
            }
            is_first = false;
        }
        Ok(())
    }
}

fn is_plain(name: &str) -> bool {
    !name.contains(|c: char| " .'/\"[]()\t\n\r\u{c}\u{8}\\\u{85}\u{2028}\u{2029}".contains(c))
}
