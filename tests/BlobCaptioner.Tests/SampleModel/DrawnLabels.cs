using BlobCaptioner.SampleModel.Scope;

namespace BlobCaptioner.Tests.SampleModel;

/// <summary>All that drawn pictures can show.</summary>
internal static class DrawnLabels
{
    /// <summary>The products.</summary>
    public static IReadOnlyList<Subject> Subjects { get; } =
    [
        .. from kind in Enum.GetValues<Kind>()
           from color in Enum.GetValues<ProductColor>()
           from pattern in Enum.GetValues<Pattern>()
           from material in KindFacts.MaterialsOf(kind)
           select new Subject(kind, color, pattern, material),
    ];

    /// <summary>The products before a plain and before a busy background, then what is no product.</summary>
    public static IReadOnlyList<PictureLabel> All { get; } =
    [
        .. Subjects.Select(s => new PictureLabel { Product = s }),
        .. Subjects.Select(s => new PictureLabel { Product = s, IsBusy = true }),
        .. Enum.GetValues<Nothing>().Select(n => new PictureLabel { Nothing = n }),
    ];
}
