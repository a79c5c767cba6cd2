import { sweptDocuments } from './documents.js'
import { sweep } from './sweep.js'

sweep(sweptDocuments)
