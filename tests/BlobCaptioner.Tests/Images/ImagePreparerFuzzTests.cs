using BlobCaptioner.Images;
using FsCheck;
using FsCheck.Fluent;
using NetVips;
using Xunit;

namespace BlobCaptioner.Tests.Images;

public sealed class ImagePreparerFuzzTests
{
    public static TheoryData<string> Formats => ["jpeg", "png", "webp", "gif", "tiff", "avif", "bmp"];

    [Theory]
    [MemberData(nameof(Formats))]
    public void PrepareAsync_BytesChangedOrCut_EndsInAnOutcome(string format)
    {
        var picture = TestPicture.Quadrants(96, 128);
        var file = format switch
        {
            "jpeg" => picture.JpegsaveBuffer(),
            "png" => picture.PngsaveBuffer(),
            "webp" => picture.WebpsaveBuffer(),
            "gif" => picture.GifsaveBuffer(),
            "tiff" => picture.TiffsaveBuffer(compression: Enums.ForeignTiffCompression.Deflate),
            "avif" => picture.HeifsaveBuffer(compression: Enums.ForeignHeifCompression.Av1, effort: 0),
            _ => BmpFile.Rgb24(picture),
        };
        using var preparer = new ImagePreparer(new ImageOptions());
        var damage = from flips in Gen.ListOf(Gen.Zip(Gen.Choose(0, file.Length - 1), Gen.Choose(0, 255)))
                     from header in Gen.ListOf(Gen.Zip(Gen.Choose(0, Math.Min(64, file.Length - 1)), Gen.Choose(0, 255)))
                     from cut in Gen.Frequency((3, Gen.Constant(file.Length)), (1, Gen.Choose(1, file.Length)))
                     select Damage(file, flips, header, cut);

        Prop.ForAll(damage.ToArbitrary(), bytes =>
        {
            // any exception fails the property
            var outcome = preparer.PrepareAsync(bytes, "fuzz", 64, CancellationToken.None).GetAwaiter().GetResult();
            return outcome is PreparationOutcome.Rejected { Code.Length: > 0, Message.Length: > 0, Remedy.Length: > 0 }
                or PreparationOutcome.Prepared { Jpeg.Length: > 0 };
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(150));
    }

    private static byte[] Damage(byte[] file, IList<(int At, int Value)> flips, IList<(int At, int Value)> header, int length)
    {
        var copy = file.ToArray();
        foreach (var (at, value) in flips.Take(4).Concat(header.Take(2)))
        {
            copy[at] = (byte)value;
        }

        return copy[..length];
    }
}
