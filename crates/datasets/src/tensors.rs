//! Bytes of images as tensors.

use cenote_tensor::{Scalar, Tensor};

use crate::{Channels, Error, Normalization};

/// Scales planes `(C, H, W)` of one size to a tensor `(N, C, H, W)`.
pub(crate) fn scaled_tensor(
    images: &[Vec<u8>],
    channels: Channels,
    size: [u32; 2],
    normalization: &Normalization,
) -> Result<Tensor, Error> {
    normalization.fits_channels(channels.count())?;
    let [rows, columns] = size.map(|side| side as usize);
    let tables = normalization.tables();
    let mut tensor = Tensor::stale([images.len(), channels.count(), rows, columns]);
    let planes = images.iter().flat_map(|image| image.chunks_exact(rows * columns));
    scale(planes, &mut tensor, &tables);
    Ok(tensor)
}

/// Looks every byte up in the table of its channel, plane by plane.
pub(crate) fn scale<'a>(
    planes: impl Iterator<Item = &'a [u8]>,
    tensor: &mut Tensor,
    tables: &[[Scalar; 256]],
) {
    let [_, _, rows, columns] = tensor.nchw();
    let values = tensor.as_mut_slice().chunks_exact_mut(rows * columns);
    for ((plane, values), table) in planes.zip(values).zip(tables.iter().cycle()) {
        for (value, &pixel) in values.iter_mut().zip(plane) {
            *value = table[usize::from(pixel)];
        }
    }
}
