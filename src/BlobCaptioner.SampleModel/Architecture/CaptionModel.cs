using BlobCaptioner.Images;
using BlobCaptioner.SampleModel.Tokens;
using static TorchSharp.torch;

namespace BlobCaptioner.SampleModel.Architecture;

/// <summary>The whole model: tokenizer, vision tower and language model over one set of weights.</summary>
internal sealed class CaptionModel
{
    /// <summary>Creates a model with random weights from torch's generator.</summary>
    public CaptionModel(ModelShape shape, BpeTokenizer tokenizer)
    {
        (Shape, Tokenizer) = (shape, tokenizer);
        Weights = new ModelWeights(shape, tokenizer.Tokens.Count);
        Vision = new VisionTower(shape, Weights);
        Text = new LanguageModel(shape, Weights);
    }

    public ModelShape Shape { get; }

    public BpeTokenizer Tokenizer { get; }

    public ModelWeights Weights { get; }

    public VisionTower Vision { get; }

    public LanguageModel Text { get; }

    /// <summary>Normalizes pictures to [pictures, 3, height, width], -1 to 1: <c>image_mean</c> and <c>image_std</c> are 0.5.</summary>
    /// <param name="pictures">Pictures of one size, at least one.</param>
    public static Tensor Pixels(IReadOnlyList<PixelImage> pictures)
    {
        var (width, height) = (pictures[0].Width, pictures[0].Height);
        var bytes = new byte[pictures.Count * width * height * 3];
        for (var i = 0; i < pictures.Count; i++)
        {
            pictures[i].Rgb.Span.CopyTo(bytes.AsSpan(i * width * height * 3));
        }

        return tensor(bytes, dtype: ScalarType.Byte).reshape(pictures.Count, height, width, 3).permute(0, 3, 1, 2).to(ScalarType.Float32).div(127.5).sub(1.0);
    }
}
