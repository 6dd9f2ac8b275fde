using BlobCaptioner.Pipeline.Products;
using BlobCaptioner.Profiles;

namespace BlobCaptioner.Pipeline.Sweeps;

/// <summary>One thing that a sweep looks at: an image with what is to be written about it, or a product of which all views have passed.</summary>
/// <param name="Image">The image; null for a product.</param>
/// <param name="Resolved">What is to be written about the image; null where it could not be found out.</param>
/// <param name="Product">The product; null for an image.</param>
internal sealed record SweepItem(ListedImage? Image, ResolvedProfile? Resolved, ProductState? Product);
