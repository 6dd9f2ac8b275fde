namespace BlobCaptioner.SampleModel.Scope;

/// <summary>Colours of drawn products, by their names in the built-in vocabulary.</summary>
internal enum ProductColor
{
    Black,
    White,
    Red,
    Orange,
    Yellow,
    Green,
    Turquoise,
    Blue,
    Purple,
    Pink,
}
