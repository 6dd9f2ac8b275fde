namespace BlobCaptioner.Pipeline;

/// <summary>What a job says of the product that it is for.</summary>
/// <param name="Sku">The product.</param>
/// <param name="Views">The pictures to show the model, 1 to 4, the main one first.</param>
public sealed record ProductJob(string Sku, IReadOnlyList<ProductPicture> Views);
