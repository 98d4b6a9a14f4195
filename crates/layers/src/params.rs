//! The numbers of a network, by path.

use cenote_tensor::Tensor;

use crate::Role;

/// One parameter: a value at a path such as `conv1.weight`.
#[derive(Clone, Debug, PartialEq)]
pub struct Param {
    /// Path of the layer, a dot, and the parameter's name in it.
    pub path: String,
    /// The value.
    pub value: Tensor,
    /// Who changes it.
    pub role: Role,
}

/// All parameters of a model, in the model's order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Params {
    entries: Vec<Param>,
}

impl Params {
    /// How many tensors there are.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The parameters in the model's order.
    pub fn iter(&self) -> impl Iterator<Item = &Param> {
        self.entries.iter()
    }

    /// The parameters in the model's order, to be changed.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = &mut Param> {
        self.entries.iter_mut()
    }

    /// The value at a path.
    pub fn get(&self, path: &str) -> Option<&Tensor> {
        self.entries.iter().find(|param| param.path == path).map(|param| &param.value)
    }

    /// Replaces the value at a position of the model's order.
    ///
    /// # Panics
    /// When the position or the shape is not the model's.
    pub fn set(&mut self, index: usize, value: Tensor) {
        let param = &mut self.entries[index];
        assert_eq!(param.value.shape(), value.shape(), "{} keeps its shape", param.path);
        param.value = value;
    }

    /// Number of trained values.
    pub fn trained(&self) -> usize {
        self.iter().filter(|p| p.role == Role::Trained).map(|p| p.value.len()).sum()
    }

    /// A digest of every value, bit for bit, with its path: equal only for equal networks.
    pub fn digest(&self) -> String {
        let mut hasher = blake3::Hasher::new();
        for param in &self.entries {
            hasher.update(param.path.as_bytes());
            hasher.update(&[0]);
            for value in param.value.as_slice() {
                hasher.update(&value.to_le_bytes());
            }
        }
        hasher.finalize().to_hex()[..32].to_owned()
    }
}

impl FromIterator<Param> for Params {
    fn from_iter<I: IntoIterator<Item = Param>>(params: I) -> Self {
        Self { entries: params.into_iter().collect() }
    }
}
