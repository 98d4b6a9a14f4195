//! A network in a file: what it is, its numbers, and where training stood.
//!
//! ```text
//! magic    8 bytes   "CENOTE\r\n"
//! version  u32       1
//! codec    u32       1 = bincode 2 header, safetensors body
//! lengths  2 x u64   bytes of header and body
//! digests  2 x 32    blake3 of header and body
//! header             the model's tables, notes and counters
//! body               every tensor by name, a valid safetensors file by itself
//! ```
//!
//! All numbers are little-endian. A reader checks lengths against the file before it allocates, and
//! digests before it decodes, so a truncated or altered file is refused, not misread.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::Path;

use cenote_tensor::{Scalar, Shape, Tensor};
use safetensors::tensor::{Dtype, SafeTensors, TensorView};
use serde::{Deserialize, Serialize};

use crate::{Error, Model, ModelSpec, OptimizerState, Param, Params};

const MAGIC: [u8; 8] = *b"CENOTE\r\n";
const VERSION: u32 = 1;
const CODEC: u32 = 1;
const PREFIX_BYTES: usize = 8 + 4 + 4 + 2 * 8 + 2 * 32;

/// The most bytes a header may decode to: tables and notes are text of a few kilobytes.
const HEADER_LIMIT: usize = 16 << 20;

/// A trained (or half-trained) network.
#[derive(Debug)]
pub struct Checkpoint {
    /// The network.
    pub model: Model,
    /// Its parameters.
    pub params: Params,
    /// What the optimiser remembers, if training is to go on, and the average of the parameters, if one is kept.
    pub state: OptimizerState,
    /// Whatever else its maker wants to read back: class names, normalisation, training settings.
    pub notes: BTreeMap<String, String>,
}

/// What the header holds; the tensors follow it by name.
#[derive(Serialize, Deserialize)]
struct Header {
    scalar: String,
    /// The model's tables as JSON, since a table is no fixed structure.
    model: String,
    input: Vec<u64>,
    steps: u64,
    notes: BTreeMap<String, String>,
}

impl Checkpoint {
    /// A checkpoint of a model that stays where it is: its tables are fitted once more to the same input.
    ///
    /// # Errors
    /// Never for a model that was fitted; as [`ModelSpec::fit`].
    pub fn of(
        model: &Model,
        params: Params,
        state: OptimizerState,
        notes: BTreeMap<String, String>,
    ) -> Result<Self, Error> {
        let model = ModelSpec::parse(model.tables().to_vec())?.fit(model.input())?;
        Ok(Self { model, params, state, notes })
    }

    /// Writes the file, whole or not at all.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn write(&self, path: &Path) -> Result<(), Error> {
        let bytes = self.encode().map_err(|problem| refused(path, problem))?;
        let folder = match path.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder,
            _ => Path::new("."),
        };
        let write = || -> std::io::Result<()> {
            let mut file = tempfile::NamedTempFile::new_in(folder)?;
            file.write_all(&bytes)?;
            file.as_file().sync_all()?;
            file.persist(path)?;
            Ok(())
        };
        write().map_err(|error| refused(path, format!("cannot be written: {error}")))
    }

    /// Reads a file that [`Checkpoint::write`] wrote.
    ///
    /// # Errors
    /// When the file is missing, truncated, altered, of another format or version, or does not hold
    /// the parameters of the model it describes.
    pub fn read(path: &Path) -> Result<Self, Error> {
        let bytes =
            fs::read(path).map_err(|error| refused(path, format!("cannot be read: {error}")))?;
        Self::decode(&bytes).map_err(|problem| refused(path, problem))
    }

    fn encode(&self) -> Result<Vec<u8>, String> {
        let header = Header {
            scalar: SCALAR.to_owned(),
            model: serde_json::to_string(self.model.tables()).map_err(|e| e.to_string())?,
            input: self.model.input().dims().iter().map(|&size| size as u64).collect(),
            steps: self.state.steps,
            notes: self.notes.clone(),
        };
        let header = bincode::serde::encode_to_vec(&header, bincode::config::standard())
            .map_err(|e| e.to_string())?;
        let body = encode_tensors(&self.params, &self.state)?;
        let mut bytes = Vec::with_capacity(PREFIX_BYTES + header.len() + body.len());
        bytes.extend(MAGIC);
        bytes.extend(VERSION.to_le_bytes());
        bytes.extend(CODEC.to_le_bytes());
        bytes.extend((header.len() as u64).to_le_bytes());
        bytes.extend((body.len() as u64).to_le_bytes());
        bytes.extend(blake3::hash(&header).as_bytes());
        bytes.extend(blake3::hash(&body).as_bytes());
        bytes.extend(header);
        bytes.extend(body);
        Ok(bytes)
    }

    fn decode(bytes: &[u8]) -> Result<Self, String> {
        let (header, body) = sections(bytes)?;
        let limited = bincode::config::standard().with_limit::<HEADER_LIMIT>();
        let (decoded, used) = bincode::serde::decode_from_slice::<Header, _>(header, limited)
            .map_err(|e| format!("header does not decode: {e}"))?;
        if used != header.len() {
            return Err(format!("header uses {used} of its {} bytes", header.len()));
        }
        let header = decoded;
        if header.scalar != SCALAR {
            return Err(format!("holds {} values; this build reads {SCALAR}", header.scalar));
        }
        let tables: Vec<toml::Table> = serde_json::from_str(&header.model)
            .map_err(|e| format!("model does not parse: {e}"))?;
        let input: Vec<usize> = header.input.iter().map(|&size| size as usize).collect();
        if input.len() > cenote_tensor::MAX_RANK {
            return Err(format!("input has {} axes", input.len()));
        }
        let fitted = ModelSpec::parse(tables).and_then(|spec| spec.fit(Shape::new(&input)));
        let model = fitted.map_err(|e| e.to_string())?;
        let (params, state) = decode_tensors(&model, body, header.steps)?;
        model.check(&params).map_err(|e| e.to_string())?;
        Ok(Self { model, params, state, notes: header.notes })
    }
}

/// The number type of this build, as checkpoints name it.
const SCALAR: &str = if size_of::<Scalar>() == 4 { "f32" } else { "f64" };
const DTYPE: Dtype = if size_of::<Scalar>() == 4 { Dtype::F32 } else { Dtype::F64 };

fn refused(path: &Path, problem: impl Into<String>) -> Error {
    Error::Checkpoint { path: path.to_owned(), problem: problem.into() }
}

/// Header and body, once magic, version, lengths and digests agree with the file.
fn sections(bytes: &[u8]) -> Result<(&[u8], &[u8]), String> {
    if bytes.len() < PREFIX_BYTES || bytes[..8] != MAGIC {
        return Err("is not a cenote checkpoint".into());
    }
    let number = |at: usize| u32::from_le_bytes(bytes[at..at + 4].try_into().expect("4 bytes"));
    let length = |at: usize| u64::from_le_bytes(bytes[at..at + 8].try_into().expect("8 bytes"));
    if number(8) != VERSION {
        return Err(format!("has version {}; this build reads {VERSION}", number(8)));
    }
    if number(12) != CODEC {
        return Err(format!("has codec {}; this build reads {CODEC}", number(12)));
    }
    let (header_bytes, body_bytes) = (length(16), length(24));
    let declared =
        header_bytes.checked_add(body_bytes).and_then(|sum| sum.checked_add(PREFIX_BYTES as u64));
    if declared != Some(bytes.len() as u64) {
        let said = declared.map_or("more than fits".into(), |bytes| bytes.to_string());
        return Err(format!(
            "is {} bytes long but declares {said}: truncated or altered",
            bytes.len()
        ));
    }
    let (header, body) = bytes[PREFIX_BYTES..].split_at(header_bytes as usize);
    for (section, name, at) in [(header, "header", 32), (body, "tensors", 64)] {
        if blake3::hash(section).as_bytes() != &bytes[at..at + 32] {
            return Err(format!("the checksum of its {name} does not match: the file was altered"));
        }
    }
    Ok((header, body))
}

/// Names of tensors in the body: a parameter's path, `optimizer.K/PATH` for what is remembered, `average/PATH`, `best/PATH`.
fn memory_name(k: usize, path: &str) -> String {
    format!("optimizer.{k}/{path}")
}

/// Other parameters of the same model that a state holds, with the first part of their names.
fn others(state: &OptimizerState) -> [(&'static str, &Option<Params>); 2] {
    [("average", &state.average), ("best", &state.best)]
}

fn encode_tensors(params: &Params, state: &OptimizerState) -> Result<Vec<u8>, String> {
    let mut tensors: Vec<(String, &Tensor)> = Vec::new();
    for (i, param) in params.iter().enumerate() {
        tensors.push((param.path.clone(), &param.value));
        for (k, memory) in state.memories.get(i).into_iter().flatten().enumerate() {
            tensors.push((memory_name(k, &param.path), memory));
        }
    }
    for (name, others) in others(state) {
        for param in others.iter().flat_map(Params::iter) {
            tensors.push((format!("{name}/{}", param.path), &param.value));
        }
    }
    let bytes: Vec<Vec<u8>> = tensors
        .iter()
        .map(|(_, tensor)| tensor.as_slice().iter().flat_map(|x| x.to_le_bytes()).collect())
        .collect();
    let views = tensors.iter().zip(&bytes).map(|((name, tensor), bytes)| {
        let view = TensorView::new(DTYPE, tensor.dims().to_vec(), bytes);
        view.map(|view| (name.as_str(), view)).map_err(|e| e.to_string())
    });
    let views = views.collect::<Result<Vec<_>, _>>()?;
    safetensors::serialize(views, None).map_err(|e| e.to_string())
}

fn decode_tensors(
    model: &Model,
    body: &[u8],
    steps: u64,
) -> Result<(Params, OptimizerState), String> {
    let file = SafeTensors::deserialize(body).map_err(|e| format!("tensors do not decode: {e}"))?;
    let (mut params, mut memories) = (Vec::new(), Vec::new());
    for spec in model.param_specs() {
        let path = spec.name.into_owned();
        let value = tensor_of(&file, &path)?;
        let remembered = (0..).map(|k| memory_name(k, &path));
        let remembered = remembered.take_while(|name| file.tensor(name).is_ok());
        let of_param: Vec<Tensor> =
            remembered.map(|name| tensor_of(&file, &name)).collect::<Result<_, _>>()?;
        if let Some(odd) = of_param.iter().find(|tensor| tensor.shape() != value.shape()) {
            return Err(odd_shape(&path, odd));
        }
        params.push(Param { path, value, role: spec.role });
        memories.push(of_param);
    }
    let [average, best] = ["average", "best"].map(|name| others_in(&file, name, &params));
    let (average, best) = (average?, best?);
    let others = [&average, &best].into_iter().flatten().map(Params::len).sum::<usize>();
    let expected = params.len() + memories.iter().map(Vec::len).sum::<usize>() + others;
    if file.len() != expected {
        return Err(format!("holds {} tensors; the model has {expected}", file.len()));
    }
    Ok((params.into_iter().collect(), OptimizerState { steps, memories, average, best }))
}

/// Other parameters of the same model whose names begin so: all of them, or none.
fn others_in(
    file: &SafeTensors<'_>,
    name: &str,
    params: &[Param],
) -> Result<Option<Params>, String> {
    let named = |param: &Param| format!("{name}/{}", param.path);
    let kept = params.iter().filter(|param| file.tensor(&named(param)).is_ok()).count();
    if kept == 0 {
        return Ok(None);
    }
    if kept != params.len() {
        return Err(format!("has the {name} of {kept} of its {} parameters", params.len()));
    }
    let other = |param: &Param| {
        let value = tensor_of(file, &named(param))?;
        if value.shape() != param.value.shape() {
            return Err(odd_shape(&param.path, &value));
        }
        Ok(Param { path: param.path.clone(), value, role: param.role })
    };
    params.iter().map(other).collect::<Result<Params, String>>().map(Some)
}

fn odd_shape(path: &str, odd: &Tensor) -> String {
    format!("what is remembered of `{path}` has shape {}", odd.shape())
}

fn tensor_of(file: &SafeTensors<'_>, name: &str) -> Result<Tensor, String> {
    let view = file.tensor(name).map_err(|_| format!("parameter `{name}` is missing"))?;
    if view.dtype() != DTYPE || view.shape().len() > cenote_tensor::MAX_RANK {
        return Err(format!("parameter `{name}` is {:?} {:?}", view.dtype(), view.shape()));
    }
    let chunks = view.data().chunks_exact(size_of::<Scalar>());
    let values = chunks.map(|b| Scalar::from_le_bytes(b.try_into().expect("a scalar's bytes")));
    Tensor::from_vec(Shape::new(view.shape()), values.collect()).map_err(|e| e.to_string())
}

#[cfg(test)]
mod tests {
    use cenote_tensor::Seed;
    use proptest::prelude::*;

    use super::*;

    fn small() -> Checkpoint {
        let spec = ModelSpec::from_toml(
            "layer = [{kind='conv2d', out_channels=2, kernel_size=2, name='a'},
                      {kind='batch_norm', name='n'}, {kind='flatten'}, {kind='dense', out_features=3}]",
        );
        let model = spec.expect("valid").fit([1, 3, 4].into()).expect("fits");
        let params = model.init(Seed(5));
        let remembered = |p: &Param| vec![Tensor::full(p.value.shape(), 0.5)];
        let memories = params.iter().map(remembered).collect();
        let notes = BTreeMap::from([("classes".to_owned(), "[\"a\"]".to_owned())]);
        let state = OptimizerState { steps: 7, memories, ..OptimizerState::default() };
        Checkpoint { model, params, state, notes }
    }

    #[test]
    fn what_was_written_is_what_is_read() {
        let folder = tempfile::tempdir().expect("a folder for the test");
        let path = folder.path().join("net.cenote");
        let written = small();
        written.write(&path).expect("writable");
        let read = Checkpoint::read(&path).expect("readable");
        assert_eq!(read.params, written.params);
        assert_eq!(read.state, written.state);
        assert_eq!(read.notes, written.notes);
        assert_eq!(read.model.tables(), written.model.tables());
    }

    #[test]
    fn an_average_and_the_best_are_kept_whole_or_refused() {
        let folder = tempfile::tempdir().expect("a folder for the test");
        let path = folder.path().join("net.cenote");
        let mut written = small();
        written.state.best = Some(written.model.init(Seed(7)));
        written.write(&path).expect("writable");
        assert_eq!(Checkpoint::read(&path).expect("readable").state, written.state);
        written.state.average = Some(written.model.init(Seed(6)));
        written.write(&path).expect("writable");
        let read = Checkpoint::read(&path).expect("readable");
        assert_eq!((&read.params, &read.state), (&written.params, &written.state));
        assert_ne!(read.state.used(&read.params), &read.params);
        let part = written.params.iter().take(2).cloned().collect();
        written.state.average = Some(part);
        written.write(&path).expect("writable");
        let error = Checkpoint::read(&path).expect_err("not whole").to_string();
        assert!(error.ends_with("has the average of 2 of its 8 parameters"), "{error}");
    }

    #[test]
    fn the_body_is_a_safetensors_file_by_itself() {
        let bytes = small().encode().expect("encodes");
        let (_, body) = sections(&bytes).expect("whole");
        let file = SafeTensors::deserialize(body).expect("safetensors");
        assert_eq!(file.tensor("a.weight").expect("by its path").shape(), [2, 1, 2, 2]);
    }

    #[test]
    fn a_file_of_something_else_is_named_as_that() {
        let error = Checkpoint::decode(b"PK\x03\x04 and so on").expect_err("a zip");
        assert_eq!(error, "is not a cenote checkpoint");
    }

    #[test]
    fn a_missing_file_is_an_error_with_its_name() {
        let error = Checkpoint::read(Path::new("no/such/file")).expect_err("missing").to_string();
        assert!(error.starts_with("checkpoint no/such/file: cannot be read"), "{error}");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn any_truncation_is_refused(share in 0.0_f64..1.0) {
            let bytes = small().encode().expect("encodes");
            let kept = (bytes.len() as f64 * share) as usize;
            prop_assert!(Checkpoint::decode(&bytes[..kept]).is_err());
        }

        #[test]
        fn any_changed_byte_is_refused(at: prop::sample::Index, by in 1_u8..) {
            let mut bytes = small().encode().expect("encodes");
            let at = at.index(bytes.len());
            bytes[at] = bytes[at].wrapping_add(by);
            prop_assert!(Checkpoint::decode(&bytes).is_err());
        }
    }
}
