using BlobCaptioner.Captioning;

namespace BlobCaptioner.Inference;

/// <summary>How many KV cache cells a profile needs in the context that all slots share.</summary>
public static class ContextSize
{
    // A prompt with instruction and chat markup, and the keys and quotes of an answer.
    private const int PromptTokens = 512;
    private const int ShapeTokens = 128;
    private const int ChoiceTokens = 16;

    /// <summary>
    /// Cells for the largest picture and the longest answer in every slot, and for every prompt prefix: no picture is ever put back for want of room.
    /// A character takes one token at most.
    /// </summary>
    /// <param name="profile">The largest profile in use.</param>
    /// <param name="batching">Slots and prefixes.</param>
    public static int For(Profile profile, BatcherOptions batching)
    {
        var answer = ShapeTokens + profile.Fields.Sum(f => f.Kind == FieldKind.Text ? f.MaxCharacters : ChoiceTokens);
        return (batching.Slots * (profile.ImageTokenBudget + answer)) + (batching.Prefixes * PromptTokens);
    }
}
