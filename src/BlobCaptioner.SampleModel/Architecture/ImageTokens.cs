using static TorchSharp.torch;

namespace BlobCaptioner.SampleModel.Architecture;

/// <summary>What the vision tower makes of pictures of one size.</summary>
/// <param name="Main">[pictures, tokens, width]: they stand in the prompt like embedded words.</param>
/// <param name="Deep">One of the same shape for each DeepStack layer, added to the image tokens after the language model's layers 0, 1...</param>
/// <param name="Rows">Tokens down.</param>
/// <param name="Columns">Tokens across.</param>
internal sealed record ImageTokens(Tensor Main, IReadOnlyList<Tensor> Deep, int Rows, int Columns)
{
    /// <summary>Image tokens of a picture.</summary>
    public int Count => Rows * Columns;

    /// <summary>Some of the pictures, or some several times.</summary>
    /// <param name="pictures">Their indices, 64 bits.</param>
    public ImageTokens Select(Tensor pictures) => this with { Main = Main.index_select(0, pictures), Deep = [.. Deep.Select(d => d.index_select(0, pictures))] };
}
