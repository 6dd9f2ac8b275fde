using BlobCaptioner.LlamaCpp.Interop;

namespace BlobCaptioner.LlamaCpp.Decoding;

/// <summary>A <c>llama_context</c>, however it is called: by P/Invoke here, by LLamaSharp in the GPU worker. Translates, and checks nothing.</summary>
internal unsafe interface INativeContext : IDisposable
{
    /// <summary>KV cache cells: the tokens asked for, rounded up by llama.cpp.</summary>
    int Cells { get; }

    /// <summary>Floats that stand for one image token.</summary>
    int EmbeddingWidth { get; }

    /// <summary><c>llama_decode</c>; returns its code.</summary>
    int Decode(LlamaBatch batch);

    /// <summary><c>llama_get_logits_ith</c>; null where there are none.</summary>
    float* GetLogits(int index);

    /// <summary><c>llama_memory_seq_cp</c> of all positions.</summary>
    void Copy(int from, int to);

    /// <summary><c>llama_memory_seq_rm</c> from a position on; false where the model can't.</summary>
    bool Remove(int sequence, int fromPosition);
}
