namespace BlobCaptioner.SampleModel.Scope;

/// <summary>Materials of drawn products, by their names in the built-in vocabulary. Each has a look of its own.</summary>
internal enum Material
{
    Ceramic,
    Metal,
    Plastic,
    Cotton,
    Denim,
    Leather,
    Wood,
}
