namespace BlobCaptioner.SampleModel.Drawing;

/// <summary>What a part of a product is painted with.</summary>
internal enum Paint : byte
{
    /// <summary>Nothing is there.</summary>
    None,

    /// <summary>The product's colour with its pattern and material.</summary>
    Main,

    /// <summary>A darker tone of its colour.</summary>
    Shade,

    /// <summary>A neutral gray: caps, soles, stems.</summary>
    Accent,
}
