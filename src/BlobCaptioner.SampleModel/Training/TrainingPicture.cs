using BlobCaptioner.SampleModel.Scope;

namespace BlobCaptioner.SampleModel.Training;

/// <summary>A picture as intake prepares it for the model, with what it shows.</summary>
/// <param name="Width">Pixels across, a multiple of 32.</param>
/// <param name="Height">Pixels down, a multiple of 32.</param>
/// <param name="Rgb">R, G, B, R...; 3 × Width × Height bytes.</param>
/// <param name="Label">What it shows.</param>
internal sealed record TrainingPicture(int Width, int Height, byte[] Rgb, PictureLabel Label);
