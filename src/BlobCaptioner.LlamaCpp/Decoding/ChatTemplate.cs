using System.Runtime.InteropServices;
using System.Text;
using BlobCaptioner.Inference;
using BlobCaptioner.LlamaCpp.Interop;

namespace BlobCaptioner.LlamaCpp.Decoding;

/// <summary>A model's own chat markup, laid out by llama.cpp.</summary>
internal sealed unsafe class ChatTemplate
{
    private readonly string _modelName;
    private readonly byte[] _template;

    /// <exception cref="SequenceDecoderException">The model has none.</exception>
    public ChatTemplate(ModelHandle model, string modelName)
    {
        _modelName = modelName;
        var template = LlamaNative.llama_model_chat_template(model, null);
        if (template == null)
        {
            throw new SequenceDecoderException($"The model '{modelName}' has no chat template, so it was not trained to follow instructions. Use an instruction-tuned one.");
        }

        _template = [.. MemoryMarshal.CreateReadOnlySpanFromNullTerminated(template), 0];
    }

    /// <summary>See <see cref="ISequenceDecoder.FormatChat"/>.</summary>
    public ChatFrame Format(string system, string user) => ChatLayout.Split(_modelName, system, user, Apply);

    private string Apply(string system, string user)
    {
        ReadOnlySpan<byte> roles = "system\0user\0"u8;
        var systemBytes = Encoding.UTF8.GetBytes(system + "\0");
        var userBytes = Encoding.UTF8.GetBytes(user + "\0");
        var buffer = new byte[(2 * (systemBytes.Length + userBytes.Length)) + 1024];
        fixed (byte* template = _template, role = roles, systemText = systemBytes, userText = userBytes)
        {
            var messages = stackalloc LlamaChatMessage[2];
            var count = 0;
            if (system.Length > 0)
            {
                messages[count++] = new() { Role = (nint)role, Content = (nint)systemText };
            }

            messages[count++] = new() { Role = (nint)(role + "system\0"u8.Length), Content = (nint)userText };
            while (true)
            {
                int length;
                fixed (byte* to = buffer)
                {
                    length = LlamaNative.llama_chat_apply_template(template, messages, (nuint)count, addAssistant: 1, to, buffer.Length);
                }

                if (length < 0)
                {
                    throw new SequenceDecoderException(
                        $"llama.cpp v{NativeAbi.Version} does not know the chat template of '{_modelName}'. "
                        + "Use a model whose template it lists: https://github.com/ggml-org/llama.cpp/wiki/Templates-supported-by-llama_chat_apply_template");
                }

                if (length <= buffer.Length)
                {
                    return Encoding.UTF8.GetString(buffer, 0, length);
                }

                buffer = new byte[length];
            }
        }
    }
}
