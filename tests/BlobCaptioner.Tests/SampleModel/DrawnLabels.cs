using BlobCaptioner.SampleModel.Labels;

namespace BlobCaptioner.Tests.SampleModel;

/// <summary>Everything that drawn pictures can show.</summary>
internal static class DrawnLabels
{
    /// <summary>The 960 products.</summary>
    public static IReadOnlyList<Subject> Subjects { get; } =
    [
        .. from kind in Enum.GetValues<Kind>()
           from color in Enum.GetValues<ProductColor>()
           from pattern in Enum.GetValues<Pattern>()
           from material in KindFacts.MaterialsOf(kind)
           select new Subject(kind, color, pattern, material),
    ];

    /// <summary>The products on a plain and on a busy background, then the non-products.</summary>
    public static IReadOnlyList<PictureLabel> All { get; } =
    [
        .. Subjects.Select(s => new PictureLabel { Product = s }),
        .. Subjects.Select(s => new PictureLabel { Product = s, IsBusy = true }),
        .. Enum.GetValues<NonProduct>().Select(n => new PictureLabel { NonProduct = n }),
    ];
}
