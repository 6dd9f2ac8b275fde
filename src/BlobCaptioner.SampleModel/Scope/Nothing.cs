namespace BlobCaptioner.SampleModel.Scope;

/// <summary>Pictures that show no product.</summary>
internal enum Nothing
{
    /// <summary>Boards with nothing on them.</summary>
    EmptyShelf,

    /// <summary>Coloured or gray pixels without any shape.</summary>
    Noise,

    /// <summary>Lines of print.</summary>
    Text,
}
