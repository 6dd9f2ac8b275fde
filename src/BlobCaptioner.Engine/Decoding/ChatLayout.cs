using BlobCaptioner.Inference;

namespace BlobCaptioner.Engine.Decoding;

/// <summary>Finds where the picture goes in a chat that a model's own template lays out.</summary>
internal static class ChatLayout
{
    /// <summary>See <see cref="ISequenceDecoder.FormatChat"/>.</summary>
    /// <param name="modelName">For the error.</param>
    /// <param name="system">System text; empty for none.</param>
    /// <param name="user">User text.</param>
    /// <param name="apply">The template: system text and user text to the whole chat.</param>
    /// <exception cref="SequenceDecoderException">The template leaves the user's text out.</exception>
    public static ChatFrame Split(string modelName, string system, string user, Func<string, string, string> apply)
    {
        var marker = "<__picture__>";
        while (user.Contains(marker, StringComparison.Ordinal) || system.Contains(marker, StringComparison.Ordinal))
        {
            marker = marker.Insert(1, "_");
        }

        var text = apply(system, user + marker);
        var at = text.IndexOf(marker, StringComparison.Ordinal);
        return at >= 0
            ? new ChatFrame(text[..at], text[(at + marker.Length)..])
            : throw new SequenceDecoderException($"The chat template of '{modelName}' leaves the user's text out. Use a model whose template takes system and user messages.");
    }
}
