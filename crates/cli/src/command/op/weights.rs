//! Parameters of an operator from a safetensors file.

use std::path::Path;

use cenote_layers::Params;
use cenote_tensor::{MAX_RANK, Scalar, Shape, Tensor};
use safetensors::{Dtype, SafeTensors};

use crate::command::files::{read, refused};
use crate::failure::Failure;

/// Replaces every parameter by the tensor of its name in the file. A name is the parameter's path or,
/// shorter, its name in the layer.
pub(super) fn load(params: &mut Params, path: &Path) -> Result<(), Failure> {
    let bytes = read(path)?;
    let file = SafeTensors::deserialize(&bytes)
        .map_err(|error| refused(path, format!("is not a safetensors file: {error}")))?;
    for param in params.iter_mut() {
        let short = param.path.split_once('.').map_or(param.path.as_str(), |(_, name)| name);
        let view = file.tensor(short).or_else(|_| file.tensor(&param.path)).map_err(|_| {
            let has = file.names().join(", ");
            refused(path, format!("has no tensor `{short}`; it has: {has}"))
        })?;
        let value = tensor(view.dtype(), view.shape(), view.data());
        let value = value.map_err(|words| refused(path, format!("tensor `{short}` {words}")))?;
        if value.shape() != param.value.shape() {
            let (got, expected) = (value.shape(), param.value.shape());
            return Err(refused(path, format!("tensor `{short}` is {got}; expected {expected}")));
        }
        param.value = value;
    }
    if file.len() != params.len() {
        let (got, expected) = (file.len(), params.len());
        return Err(refused(path, format!("has {got} tensors; the operator has {expected}")));
    }
    Ok(())
}

fn tensor(dtype: Dtype, shape: &[usize], data: &[u8]) -> Result<Tensor, String> {
    if shape.len() > MAX_RANK {
        return Err(format!("has {} axes", shape.len()));
    }
    let values = match dtype {
        Dtype::F32 => {
            let (chunks, _) = data.as_chunks();
            chunks.iter().map(|&b| Scalar::from(f32::from_le_bytes(b))).collect()
        }
        Dtype::F64 => {
            let (chunks, _) = data.as_chunks();
            chunks.iter().map(|&b| f64::from_le_bytes(b) as Scalar).collect()
        }
        other => return Err(format!("holds {other:?}; expected F32 or F64")),
    };
    Tensor::from_vec(Shape::new(shape), values).map_err(|error| error.to_string())
}
